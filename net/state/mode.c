/* Modes of channels, of their members, and of ourselves. */

#include <ctype.h>
#include <string.h>

#include "net/proto/modes.h"
#include "net/state/internal.h"

static mode_set mode_bit(char mode)
{
    if (mode >= 'a' && mode <= 'z')
        return UINT64_C(1) << (mode - 'a');
    if (mode >= 'A' && mode <= 'Z')
        return UINT64_C(1) << (mode - 'A' + 26);
    return 0;
}

bool mode_set_has(mode_set set, char mode)
{
    return set & mode_bit(mode);
}

const char *mode_set_write(mode_set set, char dst[IRC_MODES_SIZE])
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char *to = dst;
    for (const char *c = letters; *c; c++)
        if (mode_set_has(set, *c))
            *to++ = *c;
    *to = '\0';
    return dst;
}

static void mode_set_change(mode_set *modes, char mode, bool on)
{
    *modes = on ? *modes | mode_bit(mode) : *modes & ~mode_bit(mode);
}

static void change_member(struct channel *channel, const struct mode_change *change)
{
    const struct irc_state *state = channel->state;
    int index = isupport_prefix_by_mode(&state->isupport, change->mode);
    struct channel_member *member =
        change->arg ? member_find(channel, user_find(state, change->arg)) : NULL;
    if (!member || index < 0)
        return;
    uint16_t bit = (uint16_t)(1U << index);
    member->prefixes = (uint16_t)(change->set ? member->prefixes | bit : member->prefixes & ~bit);
}

/* A key of "*" stands for one that the server hides. */
static void change_key(struct channel *channel, const struct mode_change *change)
{
    if (!change->set)
        field_set(&channel->key, NULL);
    else if (change->arg && strcmp(change->arg, "*") != 0)
        field_set_text(&channel->key, change->arg);
}

static void change_channel(void *arg, const struct mode_change *change)
{
    struct channel *channel = arg;
    if (change->kind == MODE_MEMBER) {
        change_member(channel, change);
    } else if (change->kind != MODE_LIST) {
        mode_set_change(&channel->modes, change->mode, change->set);
        if (change->mode == 'k' && change->kind == MODE_ALWAYS)
            change_key(channel, change);
    }
}

static void change_channel_modes(struct channel *channel, const struct irc_msg *msg)
{
    if (msg->nparams >= 2)
        modes_parse(&channel->state->isupport, msg->params[1], msg->params + 2, msg->nparams - 2,
                    change_channel, channel);
}

void channel_modes_replace(struct channel *channel, const struct irc_msg *msg)
{
    channel->modes = 0;
    modes_parse(&channel->state->isupport, msg->params[2], msg->params + 3, msg->nparams - 3,
                change_channel, channel);
    if (!mode_set_has(channel->modes, 'k'))
        field_set(&channel->key, NULL);
}

void user_modes_change(struct irc_state *state, const char *modes)
{
    bool on = true;
    for (; *modes; modes++) {
        if (*modes == '+' || *modes == '-')
            on = *modes == '+';
        else
            mode_set_change(&state->user_modes, *modes, on);
    }
}

/* The parameters from `first` on with spaces between, cut where dst ends. */
static void join_params(char *dst, size_t size, const struct irc_msg *msg, int first)
{
    size_t len = 0;
    dst[0] = '\0';
    for (int i = first; i < msg->nparams && len + 1 < size; i++) {
        if (i > first)
            dst[len++] = ' ';
        str_copy(dst + len, size - len, msg->params[i]);
        len += strlen(dst + len);
    }
}

void apply_mode(struct line *line)
{
    struct irc_state *state = line->state;
    const struct irc_msg *msg = line->msg;
    struct channel *channel = channel_find(state, msg->params[0]);
    if (channel) {
        char args[IRC_STATE_MAX_TEXT + 1];
        change_channel_modes(channel, msg);
        join_params(args, sizeof args, msg, 2);
        struct irc_event event = event_from(line, EVENT_MODE);
        event.target = msg->params[1];
        event.text = args;
        event_emit_in(line, &event, channel);
    } else if (irc_state_is_me(state, msg->params[0])) {
        user_modes_change(state, msg->params[1]);
    }
}

static uint16_t remap(const struct isupport *is, const char *before, uint16_t prefixes)
{
    unsigned mapped = 0;
    for (int i = 0; before[i]; i++) {
        int now = isupport_prefix_by_mode(is, before[i]);
        if (now >= 0 && prefixes & 1U << i)
            mapped |= 1U << now;
    }
    return (uint16_t)mapped;
}

void prefixes_remap(struct irc_state *state, const char *before)
{
    for (struct channel *channel = state->channels; channel; channel = channel->hh.next)
        for (struct channel_member *m = channel->members; m; m = m->hh.next)
            m->prefixes = remap(&state->isupport, before, m->prefixes);
}

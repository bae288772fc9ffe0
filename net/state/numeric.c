/* Numeric replies: what the server tells of ourselves, channels and users. No events. */

#include <string.h>

#include "net/state/internal.h"

static struct channel *channel_at(const struct line *line, int param)
{
    return channel_find(line->state, irc_param(line->msg, param));
}

/* RPL_WELCOME. Later ones are not believed: our nick changes by NICK. */
static void apply_001(struct line *line)
{
    if (!line->state->channels && nick_ok(irc_param(line->msg, 0)))
        field_set(&line->state->nick, line->msg->params[0]);
}

static void apply_005(struct line *line)
{
    struct irc_state *state = line->state;
    struct isupport *is = &state->isupport;
    enum casemapping map = is->casemapping;
    char prefix_modes[sizeof is->prefix_modes];
    memcpy(prefix_modes, is->prefix_modes, sizeof prefix_modes);
    isupport_apply(is, line->msg);
    if (is->casemapping != map)
        state_refold(state);
    if (strcmp(prefix_modes, is->prefix_modes) != 0)
        prefixes_remap(state, prefix_modes);
}

/* RPL_UMODEIS: "me +iw" */
static void apply_221(struct line *line)
{
    line->state->user_modes = 0;
    user_modes_change(line->state, irc_param(line->msg, 1));
}

/* RPL_CHANNELMODEIS: "me #channel +nt args" */
static void apply_324(struct line *line)
{
    struct channel *channel = channel_at(line, 1);
    if (channel && line->msg->nparams >= 3)
        channel_modes_replace(channel, line->msg);
}

static void set_topic(struct line *line, const char *topic)
{
    struct channel *channel = channel_at(line, 1);
    if (!channel)
        return;
    field_set_text(&channel->topic, topic);
    field_set(&channel->topic_by, NULL);
    channel->topic_ms = 0;
}

/* RPL_NOTOPIC */
static void apply_331(struct line *line)
{
    set_topic(line, "");
}

/* RPL_TOPIC: "me #channel :topic" */
static void apply_332(struct line *line)
{
    set_topic(line, irc_param(line->msg, 2));
}

/* RPL_TOPICWHOTIME: "me #channel who seconds" */
static void apply_333(struct line *line)
{
    struct channel *channel = channel_at(line, 1);
    int64_t seconds;
    if (!channel || str_parse_int(irc_param(line->msg, 3), 0, INT32_MAX * INT64_C(2), &seconds))
        return;
    field_set_text(&channel->topic_by, irc_param(line->msg, 2));
    channel->topic_ms = seconds * 1000;
}

/* Without multi-prefix only the highest symbol is shown: what stands below it stays as it was. */
static uint16_t prefixes_shown(const struct isupport *is, const char *symbols, size_t count,
                               uint16_t before)
{
    unsigned shown = 0;
    int highest = -1;
    for (size_t i = 0; i < count; i++) {
        int index = isupport_prefix_by_symbol(is, symbols[i]);
        shown |= 1U << index;
        if (highest < 0 || index < highest)
            highest = index;
    }
    if (highest < 0)
        return 0;
    unsigned below = ~((1U << (highest + 1)) - 1);
    return (uint16_t)((before & below) | shown);
}

/* "@+nick!user@host": symbols by multi-prefix, address by userhost-in-names. */
static void apply_name(struct channel *channel, char *name)
{
    struct irc_state *state = channel->state;
    size_t symbols = 0;
    while (isupport_prefix_by_symbol(&state->isupport, name[symbols]) >= 0)
        symbols++;
    char *nick = name + symbols;
    char *user = strchr(nick, '!');
    char *host = user ? strrchr(user, '@') : NULL;
    if (user)
        *user++ = '\0';
    if (host)
        *host++ = '\0';
    struct channel_member *member = member_add(channel, nick);
    if (!member)
        return;
    member->prefixes = prefixes_shown(&state->isupport, name, symbols, member->prefixes);
    if (host)
        learn_address(state, member->user, user, host);
}

/* RPL_NAMREPLY: "me = #channel :names" */
static void apply_353(struct line *line)
{
    const struct irc_msg *msg = line->msg;
    struct channel *channel = channel_at(line, msg->nparams - 2);
    if (!channel)
        return;
    const char *s = msg->params[msg->nparams - 1];
    while (*s) {
        char name[2 * (IRC_STATE_MAX_NAME + 1)];
        size_t len = strcspn(s, " ");
        if (len && len < sizeof name) {
            memcpy(name, s, len);
            name[len] = '\0';
            apply_name(channel, name);
        }
        s += len;
        s += strspn(s, " ");
    }
}

/* RPL_ENDOFNAMES */
static void apply_366(struct line *line)
{
    struct channel *channel = channel_at(line, 1);
    if (channel)
        channel->names_done = true;
}

/* flags: H here or G gone, then others. */
static void learn_flags(struct irc_user *user, const char *flags)
{
    if (*flags == 'H' || *flags == 'G')
        user->away = *flags == 'G';
}

/* RPL_WHOREPLY: "me #channel user host server nick flags :hops realname" */
static void apply_352(struct line *line)
{
    const struct irc_msg *msg = line->msg;
    struct irc_user *user = user_find(line->state, irc_param(msg, 5));
    if (!user || msg->nparams < 8)
        return;
    learn_address(line->state, user, msg->params[2], msg->params[3]);
    learn_flags(user, msg->params[6]);
    const char *realname = strchr(msg->params[7], ' ');
    if (realname)
        field_set_text(&user->realname, realname + 1);
}

/* RPL_WHOSPCRPL as IRC_WHOX_FIELDS asks: "me token #channel user host nick flags account :realname"
 */
static void apply_354(struct line *line)
{
    const struct irc_msg *msg = line->msg;
    if (msg->nparams != 9 || strcmp(msg->params[1], IRC_WHOX_TOKEN) != 0)
        return;
    struct irc_user *user = user_find(line->state, msg->params[5]);
    if (!user)
        return;
    const char *account = msg->params[7];
    learn_address(line->state, user, msg->params[3], msg->params[4]);
    learn_flags(user, msg->params[6]);
    learn_account(user, strcmp(account, "0") != 0 && strcmp(account, "*") != 0 ? account : NULL);
    field_set_text(&user->realname, msg->params[8]);
}

/* RPL_VISIBLEHOST: "me host :..." or "me user@host :..." */
static void apply_396(struct line *line)
{
    const char *address = irc_param(line->msg, 1);
    const char *host = strrchr(address, '@');
    char user[IRC_STATE_MAX_NAME + 1] = "";
    if (host)
        str_copy(user, (size_t)(host - address) < sizeof user ? (size_t)(host - address) + 1 : 1,
                 address);
    struct irc_user *me = user_find(line->state, line->state->nick);
    host = host ? host + 1 : address;
    learn_own_address(line->state, user, host);
    if (me)
        learn_address(line->state, me, user, host);
}

void apply_numeric(struct line *line)
{
    static const struct {
        int numeric;
        void (*apply)(struct line *line);
    } numerics[] = {
        {353, apply_353}, {352, apply_352}, {354, apply_354}, {366, apply_366},
        {1, apply_001},   {5, apply_005},   {221, apply_221}, {324, apply_324},
        {331, apply_331}, {332, apply_332}, {333, apply_333}, {396, apply_396},
    };
    if (line->msg->nparams < 2)
        return;
    for (size_t i = 0; i < sizeof numerics / sizeof *numerics; i++)
        if (numerics[i].numeric == line->msg->numeric)
            numerics[i].apply(line);
}

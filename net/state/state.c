#include "net/state/state.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "net/state/internal.h"

struct irc_state *irc_state_new(const char *nick, irc_event_fn fn, void *arg)
{
    struct irc_state *state = xcalloc(1, sizeof *state);
    state->fn = fn;
    state->arg = arg;
    state->nick = xstrdup(nick);
    isupport_init(&state->isupport);
    if (getrandom(state->seed, sizeof state->seed, 0) != (ssize_t)sizeof state->seed)
        abort(); /* cannot fail for so few bytes, and a known seed would be a hole */
    return state;
}

static void forget(struct irc_state *state)
{
    state_leave_all(state);
    batch_forget(state);
    field_set(&state->user, NULL);
    field_set(&state->host, NULL);
    state->user_modes = 0;
    state->connected = false;
    state->account_tag = false;
    isupport_init(&state->isupport);
}

void irc_state_free(struct irc_state *state)
{
    if (!state)
        return;
    forget(state);
    free(state->nick);
    free(state);
}

void irc_state_set_caps(struct irc_state *state, bool account_tag)
{
    state->account_tag = account_tag;
}

void irc_state_set_nick(struct irc_state *state, const char *nick)
{
    if (nick_ok(nick))
        field_set(&state->nick, nick);
}

static void emit_connection(struct irc_state *state, enum event_type type, const char *text,
                            int64_t wall_ms)
{
    struct irc_event event = {.type = type,
                              .nick = "",
                              .user = "",
                              .host = "",
                              .from_me = true,
                              .text = text,
                              .reply_to = "",
                              .time_ms = wall_ms};
    state->fn(state->arg, &event);
}

void irc_state_connected(struct irc_state *state, int64_t wall_ms)
{
    if (state->connected)
        return;
    state->connected = true;
    emit_connection(state, EVENT_CONNECTED, "", wall_ms);
}

void irc_state_disconnected(struct irc_state *state, const char *reason, int64_t wall_ms)
{
    if (state->connected)
        emit_connection(state, EVENT_DISCONNECTED, reason, wall_ms);
    forget(state);
}

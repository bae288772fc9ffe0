/* Lines through splitter, parser and state: tables stay whole, events hold what they promise. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "net/proto/line.h"
#include "net/state/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int truth)
{
    if (!truth)
        abort();
}

static void check_event(void *arg, const struct irc_event *ev)
{
    struct irc_state *const *state = arg;
    require(ev->nick && ev->user && ev->host && ev->text && event_type_name(ev->type));
    require(!strpbrk(ev->text, "\r\n"));
    require(!ev->account || (ev->account_known && !strpbrk(ev->account, " \r\n")));
    for (size_t i = 0; i < ev->nplaces; i++)
        require(irc_channel_find(*state, irc_channel_name(ev->places[i])) == ev->places[i]);
}

static void check_state(const struct irc_state *state)
{
    const struct channel *channel = NULL;
    while ((channel = irc_channel_next(state, channel))) {
        const struct channel_member *member = NULL;
        size_t count = 0;
        while ((member = irc_member_next(channel, member))) {
            const char *nick = irc_user_nick(irc_member_user(member));
            char modes[IRC_MODES_SIZE];
            require(irc_member_find(channel, nick) == member);
            irc_member_modes(member, modes);
            count++;
        }
        require(count == irc_member_count(channel));
    }
}

static int apply(void *arg, char *line, size_t len)
{
    struct irc_state *state = arg;
    struct irc_msg msg;
    (void)len;
    if (!strcmp(line, "DISCONNECT")) {
        irc_state_disconnected(state, "x", 1);
        irc_state_connected(state, 2);
    } else if (!strcmp(line, "ACCOUNTTAG")) {
        irc_state_set_caps(state, true);
    } else if (irc_parse(&msg, line) == 0) {
        irc_state_apply(state, &msg, 3);
    }
    check_state(state);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct irc_state *state = NULL;
    struct line_splitter s = {0};
    state = irc_state_new("me", check_event, &state);
    irc_state_connected(state, 1);
    char *copy = xmemdup(data, size);
    line_feed(&s, copy, size, apply, state);
    line_free(&s);
    free(copy);
    irc_state_free(state);
    return 0;
}

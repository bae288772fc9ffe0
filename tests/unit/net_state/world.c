#include "world.h"

#include "base/xmalloc.h"

static void write_flags(struct buf *b, const struct irc_event *ev)
{
    if (ev->from_me)
        buf_printf(b, " me");
    if (ev->from_server)
        buf_printf(b, " server");
    if (ev->is_private)
        buf_printf(b, " private");
}

static void write_event(void *arg, const struct irc_event *ev)
{
    struct world *w = arg;
    struct buf *b = &w->events;
    assert_non_null(ev->nick);
    assert_non_null(ev->user);
    assert_non_null(ev->host);
    assert_non_null(ev->text);
    assert_non_null(ev->reply_to);
    assert_true(ev->account_known || !ev->account);
    for (size_t i = 0; i < ev->nplaces; i++)
        assert_ptr_equal(irc_channel_find(w->state, irc_channel_name(ev->places[i])),
                         ev->places[i]);
    if (w->quiet)
        return;
    buf_printf(b, "%s%s", b->len ? "\n" : "", event_type_name(ev->type));
    if (*ev->nick)
        buf_printf(b, " %s", ev->nick);
    if (*ev->user || *ev->host)
        buf_printf(b, "!%s@%s", ev->user, ev->host);
    if (ev->account_known)
        buf_printf(b, "[%s]", ev->account ? ev->account : "");
    if (ev->channel)
        buf_printf(b, " %s", ev->channel);
    if (ev->target)
        buf_printf(b, " >%s", ev->target);
    if (ev->ctcp)
        buf_printf(b, " <%s>", ev->ctcp);
    if (*ev->text)
        buf_printf(b, " '%s'", ev->text);
    for (size_t i = 0; i < ev->nplaces; i++)
        buf_printf(b, "%s%s", i ? "," : " in=", irc_channel_name(ev->places[i]));
    if (strcmp(ev->reply_to, ev->channel ? ev->channel : ev->nick) != 0)
        buf_printf(b, " reply=%s", ev->reply_to);
    write_flags(b, ev);
}

void world_line(struct world *w, const char *line)
{
    struct irc_msg msg;
    char *copy = xstrdup(line);
    if (irc_parse(&msg, copy) == 0)
        irc_state_apply(w->state, &msg, 1000);
    free(copy);
}

void world_events(struct world *w, const char *events)
{
    buf_append(&w->events, "", 1);
    assert_string_equal(buf_data(&w->events), events);
    buf_consume(&w->events, w->events.len);
}

void world_expect(struct world *w, const char *line, const char *events)
{
    world_line(w, line);
    world_events(w, events);
}

void world_open(struct world *w)
{
    *w = (struct world){0};
    w->state = irc_state_new("wanted", write_event, w);
    world_expect(w, ":irc.example 001 me :Welcome", "");
    world_expect(w,
                 ":irc.example 005 me CASEMAPPING=rfc1459 PREFIX=(ohv)@%+ CHANTYPES=#& "
                 "CHANMODES=b,k,l,imnst STATUSMSG=@+ WHOX :are supported by this server",
                 "");
    irc_state_connected(w->state, 500);
    world_events(w, "connected me");
}

void world_open_channel(struct world *w)
{
    world_open(w);
    world_expect(w, ":me!m@my.host JOIN #c", "join me!m@my.host #c in=#c me");
    world_expect(w, ":irc.example 353 me = #c :@me @+alice!a@a.host +bob carol", "");
    world_expect(w, ":irc.example 366 me #c :End", "");
}

void world_close(struct world *w)
{
    world_check(w);
    irc_state_free(w->state);
    buf_free(&w->events);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void world_members(struct world *w, const char *name, const char *expected)
{
    const struct channel *channel = irc_channel_find(w->state, name);
    if (!channel) {
        assert_string_equal("none", expected);
        return;
    }
    char *members[64] = {NULL};
    size_t count = 0;
    const struct channel_member *m = NULL;
    while ((m = irc_member_next(channel, m))) {
        char modes[IRC_MODES_SIZE];
        assert_true(count < 64);
        members[count++] =
            xasprintf("%s:%s", irc_user_nick(irc_member_user(m)), irc_member_modes(m, modes));
    }
    qsort(members, count, sizeof *members, compare);
    struct buf out = {0};
    for (size_t i = 0; i < count; i++) {
        buf_printf(&out, "%s%s", i ? " " : "", members[i]);
        free(members[i]);
    }
    buf_append(&out, "", 1);
    assert_string_equal(buf_data(&out), expected);
    buf_free(&out);
}

static size_t check_channel(const struct world *w, const struct channel *channel)
{
    size_t members = 0;
    const struct channel_member *m = NULL;
    assert_ptr_equal(irc_channel_find(w->state, irc_channel_name(channel)), channel);
    while ((m = irc_member_next(channel, m))) {
        const struct irc_user *user = irc_member_user(m);
        const struct channel *places[64];
        bool found = false;
        assert_ptr_equal(irc_user_find(w->state, irc_user_nick(user)), user);
        assert_ptr_equal(irc_member_find(channel, irc_user_nick(user)), m);
        assert_true(irc_user_account_known(user) || !irc_user_account(user));
        size_t count = irc_user_channels(user, places, 64);
        for (size_t i = 0; i < count && i < 64; i++)
            found = found || places[i] == channel;
        assert_true(found || count > 64);
        members++;
    }
    assert_int_equal(members, irc_member_count(channel));
    return members;
}

void world_check(const struct world *w)
{
    size_t channels = 0;
    size_t members = 0;
    const struct channel *channel = NULL;
    while ((channel = irc_channel_next(w->state, channel))) {
        members += check_channel(w, channel);
        channels++;
    }
    assert_int_equal(channels, irc_channel_count(w->state));
    assert_true(irc_user_count(w->state) <= members);
    assert_true(channels <= IRC_STATE_MAX_CHANNELS && members <= IRC_STATE_MAX_TOTAL);
}

#include "tests/unit/net_link/fake_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

static const struct fake_rule polite_rules[] = {
    {.starts = "CAP LS", .reply = ":irc.test CAP * LS :multi-prefix server-time\r\n"},
    {.starts = "CAP REQ :", .reply = ":irc.test CAP * ACK :%s\r\n"},
    {.starts = "CAP END",
     .reply = ":irc.test 001 bot :Welcome\r\n"
              ":irc.test 005 bot CASEMAPPING=ascii NICKLEN=20 LINELEN=512 :are supported\r\n"
              ":irc.test 376 bot :End of MOTD\r\n"},
    {.starts = "PING :", .reply = ":irc.test PONG irc.test :%s\r\n"},
    {.starts = "JOIN ", .reply = ":bot!u@h JOIN %s\r\n"},
    {.starts = "NICK ", .reply = NULL},
    {.starts = "QUIT", .reply = "ERROR :Closing link\r\n", .close = true},
    {.starts = NULL},
};

/* Sends what the socket takes; in pieces, one for each turn of the loop. */
static void pump(struct fake *fake)
{
    while (fake->out.len && fake->fd >= 0) {
        size_t n = fake->out.len;
        if (fake->piece && (size_t)fake->piece < n)
            n = (size_t)fake->piece;
        ssize_t sent = fake->ssl
                           ? SSL_write(fake->ssl, buf_data(&fake->out), (int)n)
                           : send(fake->fd, buf_data(&fake->out), n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent <= 0)
            return;
        buf_consume(&fake->out, (size_t)sent);
        if (fake->piece)
            return;
    }
}

void fake_send(struct fake *fake, const char *data, size_t len)
{
    buf_append(&fake->out, data, len);
    if (!fake->piece)
        pump(fake);
}

void fake_say(struct fake *fake, const char *text)
{
    fake_send(fake, text, strlen(text));
}

void fake_hang_up(struct fake *fake)
{
    if (fake->fd < 0)
        return;
    if (fake->reading)
        event_free(fake->reading);
    fake->reading = NULL;
    SSL_free(fake->ssl);
    fake->ssl = NULL;
    close(fake->fd);
    fake->fd = -1;
    fake->in_len = 0;
    fake->shaken = false;
    buf_free(&fake->out);
}

static const struct fake_rule *find_rule(struct fake *fake, const char *line)
{
    for (struct fake_rule *rule = fake->rules; rule && rule->starts; rule++) {
        bool fits = *line ? *rule->starts && !strncmp(line, rule->starts, strlen(rule->starts))
                          : !*rule->starts;
        if (!fits || rule->times < 0)
            continue;
        if (rule->times && !--rule->times)
            rule->times = -1;
        return rule;
    }
    for (const struct fake_rule *rule = polite_rules; fake->polite && *line && rule->starts; rule++)
        if (!strncmp(line, rule->starts, strlen(rule->starts)))
            return rule;
    return NULL;
}

static void answer(struct fake *fake, const char *line)
{
    const struct fake_rule *rule = find_rule(fake, line);
    if (!rule)
        return;
    if (rule->reply) {
        const char *rest = line + strlen(rule->starts);
        const char *hole = strstr(rule->reply, "%s");
        struct buf reply = {0};
        if (hole)
            buf_printf(&reply, "%.*s%s%s", (int)(hole - rule->reply), rule->reply, rest, hole + 2);
        else
            buf_printf(&reply, "%s", rule->reply);
        if (reply.len)
            fake_send(fake, buf_data(&reply), reply.len);
        buf_free(&reply);
    }
    if (rule->close)
        fake_hang_up(fake);
}

static void take_lines(struct fake *fake)
{
    char *end;
    while (fake->fd >= 0 && (end = memchr(fake->in, '\n', fake->in_len))) {
        char line[9000];
        size_t len = (size_t)(end - fake->in) + 1;
        assert_true(len >= 2 && end[-1] == '\r'); /* each line of ours ends with CR LF */
        snprintf(line, sizeof line, "%.*s", (int)len - 2, fake->in);
        assert_int_equal(strlen(line), len - 2);
        memmove(fake->in, fake->in + len, fake->in_len - len);
        fake->in_len -= len;
        size_t at = strlen(fake->heard);
        snprintf(fake->heard + at, sizeof fake->heard - at, "\n%s", line);
        answer(fake, line);
    }
}

static void on_client(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct fake *fake = arg;
    if (fake->deaf)
        return;
    if (fake->ssl && !fake->shaken) {
        int rc = SSL_accept(fake->ssl);
        if (rc != 1) {
            if (SSL_get_error(fake->ssl, rc) != SSL_ERROR_WANT_READ)
                fake_hang_up(fake);
            return;
        }
        fake->shaken = true;
        answer(fake, "");
    }
    for (;;) {
        size_t room = sizeof fake->in - fake->in_len;
        ssize_t n = fake->ssl ? SSL_read(fake->ssl, fake->in + fake->in_len, (int)room)
                              : recv(fd, fake->in + fake->in_len, room, MSG_DONTWAIT);
        if (n < 0 && (fake->ssl ? SSL_get_error(fake->ssl, (int)n) == SSL_ERROR_WANT_READ : true))
            return;
        if (n <= 0) {
            fake_hang_up(fake);
            return;
        }
        fake->in_len += (size_t)n;
        take_lines(fake);
        if (fake->fd < 0)
            return;
    }
}

static void on_accept(evutil_socket_t listener, short what, void *arg)
{
    (void)what;
    struct fake *fake = arg;
    int fd = accept(listener, NULL, NULL);
    if (fd < 0)
        return;
    fake_hang_up(fake);
    fake->accepted++;
    fake->fd = fd;
    if (fake->tls) {
        evutil_make_socket_nonblocking(fd);
        fake->ssl = SSL_new(fake->tls);
        SSL_set_fd(fake->ssl, fd);
    }
    fake->reading = event_new(fake->base, fd, EV_READ | EV_PERSIST, on_client, fake);
    event_add(fake->reading, NULL);
    if (!fake->tls)
        answer(fake, "");
}

static void fake_open(struct fake *fake, struct event_base *base)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    fake->base = base;
    fake->fd = -1;
    fake->polite = true;
    fake->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fake->listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fake->listener, 8), 0);
    assert_int_equal(getsockname(fake->listener, (struct sockaddr *)&at, &len), 0);
    fake->port = ntohs(at.sin_port);
    fake->accepting = event_new(base, fake->listener, EV_READ | EV_PERSIST, on_accept, fake);
    event_add(fake->accepting, NULL);
}

static void fake_close(struct fake *fake)
{
    fake_hang_up(fake);
    event_free(fake->accepting);
    close(fake->listener);
    SSL_CTX_free(fake->tls);
}

/* ---- the rig ---- */

static void on_state(void *arg, enum conn_state old, enum conn_state now, const char *reason)
{
    struct rig *rig = arg;
    (void)old;
    assert_non_null(reason);
    size_t at = strlen(rig->trail);
    snprintf(rig->trail + at, sizeof rig->trail - at, " %s", conn_state_name(now));
    if (now == CONN_REGISTERING)
        isupport_init(&rig->is);
    if (rig->on_state)
        rig->on_state(rig, now);
}

static void on_message(void *arg, struct irc_msg *msg)
{
    struct rig *rig = arg;
    rig->messages++;
    snprintf(rig->last, sizeof rig->last, "%s %s", msg->command,
             msg->nparams ? msg->params[msg->nparams - 1] : "");
    size_t at = strlen(rig->seen);
    snprintf(rig->seen + at, sizeof rig->seen - at, "\n%s", rig->last);
    if (msg->numeric == 5)
        isupport_apply(&rig->is, msg);
    if (rig->on_message)
        rig->on_message(rig, msg);
}

static const struct isupport *on_isupport(void *arg)
{
    struct rig *rig = arg;
    return &rig->is;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

void rig_open(struct rig *rig)
{
    struct timeval often = {.tv_usec = 5000};
    signal(SIGPIPE, SIG_IGN);
    log_configure(getenv("TEST_LOG") ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
    memset(rig, 0, sizeof *rig);
    rig->base = event_base_new();
    rig->tick = event_new(rig->base, -1, EV_PERSIST, on_tick, NULL);
    event_add(rig->tick, &often); /* so that waiting ends */
    defer_init(&rig->defer, NULL, NULL);
    rig->loop = link_loop_new(rig->base, NULL, &clock_system, &rig->defer);
    isupport_init(&rig->is);
    fake_open(&rig->fake, rig->base);
    rig->server = (struct conn_server){.host = "127.0.0.1", .port = rig->fake.port, .verify = true};
    conn_config_init(&rig->config);
    rig->config.key = "test";
    rig->config.servers = &rig->server;
    rig->config.nservers = 1;
    rig->config.nick = "bot";
    rig->config.username = "user";
    rig->config.realname = "A bot";
    rig->config.pacing.interval_ms = 0;
    rig->config.connect_ms = 10000;
    rig->config.register_ms = 10000;
    rig->config.quit_ms = 200;
    rig->config.backoff_first_ms = 20;
    rig->config.backoff_max_ms = 80;
}

void rig_start(struct rig *rig)
{
    static const struct conn_callbacks callbacks = {
        .on_state = on_state, .on_message = on_message, .isupport = on_isupport};
    rig->conn = conn_new(rig->loop, &rig->config, &callbacks, rig, &rig->error);
    if (rig->conn)
        conn_start(rig->conn);
}

static void turn(struct rig *rig)
{
    defer_run(&rig->defer);
    pump(&rig->fake);
    event_base_loop(rig->base, EVLOOP_ONCE);
    defer_run(&rig->defer);
}

static int64_t now_ms(void)
{
    return clock_now(&clock_system);
}

static void give_up(const struct rig *rig, const char *what)
{
    fail_msg("waited in vain for \"%s\"; states:%s; reason: %s; the server heard:%s", what,
             rig->trail, conn_reason(rig->conn), rig->fake.heard);
}

void rig_until_state(struct rig *rig, enum conn_state state)
{
    assert_non_null(rig->conn);
    for (int64_t end = now_ms() + 30000; conn_state(rig->conn) != state;) {
        if (now_ms() > end)
            give_up(rig, conn_state_name(state));
        turn(rig);
    }
}

bool rig_heard(const struct rig *rig, const char *text)
{
    return strstr(rig->fake.heard, text) != NULL;
}

void rig_until_heard(struct rig *rig, const char *text)
{
    for (int64_t end = now_ms() + 30000; !rig_heard(rig, text);) {
        if (now_ms() > end)
            give_up(rig, text);
        turn(rig);
    }
}

void rig_until_message(struct rig *rig, const char *text)
{
    for (int64_t end = now_ms() + 30000; !strstr(rig->seen, text);) {
        if (now_ms() > end)
            give_up(rig, text);
        turn(rig);
    }
}

void rig_run(struct rig *rig, int ms)
{
    for (int64_t end = now_ms() + ms; now_ms() < end;)
        turn(rig);
}

void rig_close(struct rig *rig)
{
    conn_free(rig->conn);
    defer_run(&rig->defer);
    assert_null(rig->loop->trusts);
    link_loop_free(rig->loop);
    fake_close(&rig->fake);
    event_free(rig->tick);
    event_base_free(rig->base);
    free(rig->error);
}

/*
 * The yardstick: a bot of the least possible work, written the ordinary way. One process, one
 * bufferevent for each network, no state, no checks, no pacing, no modules. It registers, joins
 * #bench, answers PING, and answers `!echo TEXT` in a channel with `nick: TEXT`.
 *
 * usage: bench_trivial ADDRESS:PORT NETWORKS     ends when every connection is gone
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/util.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 512

struct bot {
    struct event_base *base;
    int connected;
};

static char *put(char *to, const char *from, size_t len)
{
    memcpy(to, from, len);
    return to + len;
}

/* source is "nick!user@host", target "#channel", text what follows "!echo ". */
static void answer(struct evbuffer *out, const char *source, const char *target, const char *text)
{
    char line[LINE_MAX_BYTES];
    size_t nick_len = strcspn(source, "!");
    size_t target_len = strlen(target);
    size_t text_len = strlen(text);
    if (sizeof("PRIVMSG  :: \r\n") + nick_len + target_len + text_len > sizeof(line))
        return;
    char *end = put(line, "PRIVMSG ", 8);
    end = put(end, target, target_len);
    end = put(end, " :", 2);
    end = put(end, source, nick_len);
    end = put(end, ": ", 2);
    end = put(end, text, text_len);
    end = put(end, "\r\n", 2);
    evbuffer_add(out, line, (size_t)(end - line));
}

/* Splits at the next space, in place; returns what follows it. */
static char *next_word(char *s)
{
    char *space = strchr(s, ' ');
    if (!space)
        return s + strlen(s);
    *space = '\0';
    return space + 1;
}

static void on_line(struct evbuffer *out, char *line)
{
    const char *source = "";
    char *command = line;
    if (*line == ':') {
        source = line + 1;
        command = next_word(line);
    }
    char *params = next_word(command);
    if (strcmp(command, "PRIVMSG") == 0) {
        char *text = next_word(params);
        if (params[0] == '#' && strncmp(text, ":!echo ", 7) == 0)
            answer(out, source, params, text + 7);
    } else if (strcmp(command, "PING") == 0) {
        evbuffer_add_printf(out, "PONG %s\r\n", params);
    } else if (strcmp(command, "001") == 0) {
        evbuffer_add_printf(out, "JOIN #bench\r\n");
    }
}

static void on_read(struct bufferevent *connection, void *arg)
{
    (void)arg;
    struct evbuffer *out = bufferevent_get_output(connection);
    char *line;
    while ((line = evbuffer_readln(bufferevent_get_input(connection), NULL, EVBUFFER_EOL_CRLF))) {
        on_line(out, line);
        free(line);
    }
}

static void on_event(struct bufferevent *connection, short what, void *arg)
{
    struct bot *bot = arg;
    if (!(what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)))
        return;
    bufferevent_free(connection);
    if (--bot->connected == 0)
        event_base_loopbreak(bot->base);
}

static int connect_network(struct bot *bot, const struct sockaddr *address, int len, int number)
{
    struct bufferevent *connection = bufferevent_socket_new(bot->base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (!connection)
        return -1;
    bufferevent_setcb(connection, on_read, NULL, on_event, bot);
    bufferevent_enable(connection, EV_READ | EV_WRITE);
    bot->connected++;
    evbuffer_add_printf(bufferevent_get_output(connection),
                        "NICK bench%d\r\nUSER bench 0 * :bench\r\n", number);
    if (bufferevent_socket_connect(connection, address, len) < 0) {
        bufferevent_free(connection);
        bot->connected--;
        return -1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_storage address;
    int len = sizeof(address);
    long networks = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    if (networks < 1 || networks > 16384 ||
        evutil_parse_sockaddr_port(argv[1], (struct sockaddr *)&address, &len) < 0) {
        fprintf(stderr, "usage: bench_trivial ADDRESS:PORT NETWORKS\n");
        return 2;
    }
    struct bot bot = {.base = event_base_new()};
    if (!bot.base)
        return 1;
    for (int i = 0; i < networks; i++) {
        if (connect_network(&bot, (struct sockaddr *)&address, len, i) < 0) {
            fprintf(stderr, "bench_trivial: cannot connect to %s\n", argv[1]);
            return 1;
        }
    }
    event_base_dispatch(bot.base);
    event_base_free(bot.base);
    return 0;
}

#include "tests/bench/links.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/xmalloc.h"

#define INPUT_BYTES    ((size_t)128 * 1024)
#define EVENTS_MAX     256
#define EVENT_LISTENER UINT32_MAX
#define EVENT_COMMAND  (UINT32_MAX - 1)

uint64_t load_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int watch(struct load *load, int operation, int fd, uint32_t events, uint32_t what)
{
    struct epoll_event event = {.events = events, .data.u32 = what};
    return epoll_ctl(load->epoll, operation, fd, &event);
}

static int listen_on(struct load *load, uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int on = 1;
    load->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (load->listener < 0 ||
        setsockopt(load->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
        bind(load->listener, (struct sockaddr *)&address, len) < 0 ||
        listen(load->listener, SOMAXCONN) < 0 ||
        getsockname(load->listener, (struct sockaddr *)&address, &len) < 0)
        return -1;
    load->port = ntohs(address.sin_port);
    return 0;
}

int load_open(struct load *load, uint16_t port, uint32_t networks)
{
    *load = (struct load){.epoll = epoll_create1(EPOLL_CLOEXEC), .listener = -1};
    load->networks = networks;
    load->links = xcalloc(networks, sizeof(*load->links));
    load->input = xmalloc(INPUT_BYTES + LOAD_CARRY_MAX);
    for (uint32_t i = 0; i < networks; i++)
        load->links[i].fd = -1;
    if (load->epoll < 0 || listen_on(load, port) < 0 ||
        watch(load, EPOLL_CTL_ADD, load->listener, EPOLLIN, EVENT_LISTENER) < 0) {
        fprintf(stderr, "bench_load: cannot listen on 127.0.0.1:%u: %s\n", port, strerror(errno));
        return -1;
    }
    if (watch(load, EPOLL_CTL_ADD, STDIN_FILENO, EPOLLIN, EVENT_COMMAND) < 0) {
        fprintf(stderr, "bench_load: standard input must be a pipe or a terminal: %s\n",
                strerror(errno));
        return -1;
    }
    return 0;
}

static void close_link(struct load *load, struct load_link *link)
{
    if (link->fd < 0)
        return;
    close(link->fd);
    link->fd = -1;
    if (link->counted_ready)
        load->ready--;
    if (load->started)
        load->faults.disconnected++;
}

void load_close(struct load *load)
{
    load->started = false;
    for (uint32_t i = 0; i < load->networks; i++) {
        close_link(load, &load->links[i]);
        irc_side_free(&load->links[i].irc);
        window_free(&load->links[i].window);
    }
    if (load->listener >= 0)
        close(load->listener);
    if (load->epoll >= 0)
        close(load->epoll);
    free(load->links);
    free(load->input);
}

static void accept_one(struct load *load)
{
    int fd = accept4(load->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    uint32_t index = 0;
    while (index < load->networks && load->links[index].fd >= 0)
        index++;
    int on = 1;
    /* One connection too many, or one that comes back after the start, gets no second chance. */
    if (index == load->networks || load->started ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0 ||
        watch(load, EPOLL_CTL_ADD, fd, EPOLLIN, index) < 0) {
        close(fd);
        return;
    }
    struct load_link *link = &load->links[index];
    link->fd = fd;
    link->waits_to_write = link->counted_ready = false;
    link->carry_len = 0;
    irc_side_free(&link->irc);
    irc_side_init(&link->irc, index);
}

void load_flush(struct load *load, struct load_link *link)
{
    struct buf *out = &link->irc.out;
    while (link->fd >= 0 && out->len) {
        ssize_t count = send(link->fd, buf_data(out), out->len, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && errno != EAGAIN) {
            close_link(load, link);
            return;
        }
        if (count < 0)
            break;
        buf_consume(out, (size_t)count);
    }
    bool wait = link->fd >= 0 && out->len;
    if (wait != link->waits_to_write && link->fd >= 0) {
        link->waits_to_write = wait;
        watch(load, EPOLL_CTL_MOD, link->fd, EPOLLIN | (wait ? EPOLLOUT : 0), link->irc.index);
    }
}

void load_send(struct load_link *link, uint64_t now_ns)
{
    uint64_t number = window_send(&link->window, now_ns);
    irc_side_command(&link->irc, number << LOAD_INDEX_BITS | link->irc.index);
}

static void on_number(struct load *load, struct load_link *link, uint64_t number, uint64_t now_ns)
{
    uint64_t sent_ns = 0;
    if ((number & (LOAD_NETWORKS_MAX - 1)) != link->irc.index) {
        load->faults.unexpected++;
        return;
    }
    switch (window_answer(&link->window, number >> LOAD_INDEX_BITS, &sent_ns)) {
    case WINDOW_NEVER_SENT:
        load->faults.unexpected++;
        return;
    case WINDOW_DOUBLED:
        load->faults.doubled++;
        return;
    case WINDOW_OUT_OF_ORDER:
        load->faults.out_of_order++;
        break;
    case WINDOW_IN_ORDER:
        break;
    }
    if (load->on_answer)
        load->on_answer(link, sent_ns, now_ns, load->arg);
}

/* False when the link is done with. */
static bool on_line(struct load *load, struct load_link *link, const char *line, size_t len,
                    uint64_t now_ns)
{
    uint64_t number = 0;
    switch (irc_side_line(&link->irc, line, len, &number)) {
    case IRC_SIDE_HEARD_ANSWER:
        on_number(load, link, number, now_ns);
        break;
    case IRC_SIDE_HEARD_UNEXPECTED:
        load->faults.unexpected++;
        break;
    case IRC_SIDE_HEARD_QUIT:
        return false;
    case IRC_SIDE_HEARD_NOTHING:
        break;
    }
    return true;
}

/* Hands on the whole lines of input[0..len) and keeps the rest. False as in on_line. */
static bool on_bytes(struct load *load, struct load_link *link, size_t len)
{
    const char *at = load->input;
    const char *end = at + len;
    const char *newline;
    uint64_t now_ns = load_now_ns();
    while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
        size_t line_len = (size_t)(newline - at);
        if (line_len && at[line_len - 1] == '\r')
            line_len--;
        if (!on_line(load, link, at, line_len, now_ns))
            return false;
        at = newline + 1;
    }
    link->carry_len = (size_t)(end - at);
    if (link->carry_len > LOAD_CARRY_MAX)
        return false;
    memcpy(link->carry, at, link->carry_len);
    return true;
}

static void on_readable(struct load *load, struct load_link *link)
{
    memcpy(load->input, link->carry, link->carry_len);
    ssize_t count = recv(link->fd, load->input + link->carry_len, INPUT_BYTES, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0 || !on_bytes(load, link, link->carry_len + (size_t)count)) {
        close_link(load, link);
        return;
    }
    if (!link->counted_ready && link->irc.state == IRC_SIDE_READY) {
        link->counted_ready = true;
        load->ready++;
    }
    if (load->on_batch_end)
        load->on_batch_end(link, load->arg);
    load_flush(load, link);
}

int load_poll(struct load *load, int timeout_ms)
{
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(load->epoll, events, EVENTS_MAX, timeout_ms);
    if (count < 0 && errno != EINTR) {
        perror("bench_load: epoll_wait");
        return -1;
    }
    load->command_waiting = false;
    for (int i = 0; i < count; i++) {
        uint32_t what = events[i].data.u32;
        if (what == EVENT_LISTENER) {
            accept_one(load);
        } else if (what == EVENT_COMMAND) {
            load->command_waiting = true;
        } else {
            struct load_link *link = &load->links[what];
            if (link->fd >= 0 && (events[i].events & EPOLLOUT))
                load_flush(load, link);
            if (link->fd >= 0 && (events[i].events & ~(uint32_t)EPOLLOUT))
                on_readable(load, link);
        }
    }
    return 0;
}

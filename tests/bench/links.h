#ifndef BENCH_LINKS_H
#define BENCH_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/bench/irc_side.h"
#include "tests/bench/window.h"

/*
 * The sockets of the load generator and one round of its loop. Numbers on the wire hold the
 * network's index in their low bits, so that an answer on the wrong network is noticed.
 */
#define LOAD_INDEX_BITS   14
#define LOAD_NETWORKS_MAX (1u << LOAD_INDEX_BITS)
#define LOAD_CARRY_MAX    1024

struct load_link {
    int fd; /* -1: not connected */
    bool waits_to_write;
    bool counted_ready;
    size_t carry_len; /* of a line whose end has not come yet */
    struct window window;
    struct irc_side irc;
    char carry[LOAD_CARRY_MAX];
};

/* What must not happen. Counted from the start; any of them fails the run. */
struct load_faults {
    uint64_t lost;
    uint64_t doubled;
    uint64_t out_of_order;
    uint64_t unexpected; /* a message that answers nothing that was asked on this network */
    uint64_t disconnected;
};

struct load {
    int epoll;
    int listener;
    uint16_t port;
    uint32_t networks;
    uint32_t ready;
    bool started; /* all networks were ready once: from then on a lost connection is a fault */
    bool command_waiting; /* standard input can be read */
    struct load_link *links;
    struct load_faults faults;
    char *input; /* shared by all links: what is read is worked off at once */

    /* Called for each command that was answered for the first time, with the time it was sent and
     * the time its answer was read; and after the last answer of one read. */
    void (*on_answer)(struct load_link *link, uint64_t sent_ns, uint64_t now_ns, void *arg);
    void (*on_batch_end)(struct load_link *link, void *arg);
    void *arg;
};

uint64_t load_now_ns(void);

/* Listens on 127.0.0.1; port 0 takes a free one and sets load->port. 0, or -1 with the reason on
 * standard error. */
int load_open(struct load *load, uint16_t port, uint32_t networks);
void load_close(struct load *load);

/* Waits for at most `timeout_ms` and handles what has come. 0, or -1 with the reason told. */
int load_poll(struct load *load, int timeout_ms);

/* Puts the next numbered command into the link's output; load_flush sends it. */
void load_send(struct load_link *link, uint64_t now_ns);
void load_flush(struct load *load, struct load_link *link);

#endif

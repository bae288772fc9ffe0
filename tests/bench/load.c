/*
 * The IRC side of the benchmark: listens on loopback, is a network of its own to each connection,
 * and keeps a fixed number of `!echo` commands in flight.
 *
 * usage: bench_load NETWORKS [PORT]
 *
 * Standard output carries one JSON object a line: `listening` with the port, `ready` when the bot
 * has answered on every network, `result` after each run. Then commands are read from standard
 * input until it ends:
 *   each IN_FLIGHT MS   IN_FLIGHT commands on every network at once, for MS milliseconds
 *   turn MS             one command in all, on one network after the other
 * A run starts and ends with nothing in flight, so that whoever drives it can read the bot's CPU
 * time just before and just after. The exit status is 1 when anything was lost, doubled, answered
 * out of order or on the wrong network, or a connection was lost.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/str.h"
#include "tests/bench/histogram.h"
#include "tests/bench/links.h"

#define NS_PER_MS     UINT64_C(1000000)
#define SETUP_MS      180000 /* for all networks to become ready */
#define PROBE_MS      1000
#define IDLE_MS       600000 /* for the next command */
#define STALL_MS      5000   /* without one answer while some are awaited: they are lost */
#define LINGER_MS     100    /* for answers that come twice */
#define IN_FLIGHT_MAX 4096
#define RUN_MS_MAX    600000

struct run {
    struct load *load;
    bool turn;
    bool sending;
    uint32_t in_flight; /* on each network */
    uint32_t turn_index;
    uint64_t sent;
    uint64_t answered;
    uint64_t last_answer_ns;
    struct histogram latency;
};

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void send_turn(struct run *run)
{
    struct load *load = run->load;
    if (++run->turn_index >= load->networks)
        run->turn_index = 0;
    struct load_link *link = &load->links[run->turn_index];
    load_send(link, load_now_ns());
    run->sent++;
    load_flush(load, link);
}

static void fill(struct run *run, struct load_link *link)
{
    uint64_t now_ns = load_now_ns();
    while (window_has_room(&link->window, run->in_flight)) {
        load_send(link, now_ns);
        run->sent++;
    }
}

static void on_answer(struct load_link *link, uint64_t sent_ns, uint64_t now_ns, void *arg)
{
    (void)link;
    struct run *run = arg;
    run->answered++;
    run->last_answer_ns = now_ns;
    histogram_add(&run->latency, now_ns - sent_ns);
}

static void on_batch_end(struct load_link *link, void *arg)
{
    struct run *run = arg;
    if (!run->sending)
        return;
    if (!run->turn)
        fill(run, link);
    else if (run->sent == run->answered)
        send_turn(run);
}

static void start_sending(struct run *run)
{
    struct load *load = run->load;
    run->sending = true;
    for (uint32_t i = 0; i < load->networks; i++)
        window_init(&load->links[i].window, run->in_flight);
    if (run->turn) {
        send_turn(run);
        return;
    }
    for (uint32_t i = 0; i < load->networks; i++) {
        fill(run, &load->links[i]);
        load_flush(load, &load->links[i]);
    }
}

/* Until all is answered, or nothing more comes. -1 when the loop or its driver has ended. */
static int keep_in_flight(struct run *run, uint64_t stop_ns)
{
    struct load *load = run->load;
    if (load->faults.disconnected)
        return 0;
    start_sending(run);
    for (;;) {
        if (load_poll(load, 10) < 0 || load->command_waiting)
            return -1;
        uint64_t now_ns = load_now_ns();
        if (now_ns >= stop_ns)
            run->sending = false;
        if (!run->sending && run->sent == run->answered)
            return 0;
        if (now_ns > run->last_answer_ns + STALL_MS * NS_PER_MS || load->faults.disconnected)
            return 0;
    }
}

static bool is_faultless(const struct load_faults *f)
{
    return !(f->lost || f->doubled || f->out_of_order || f->unexpected || f->disconnected);
}

static void print_result(const struct run *run, double seconds, double own_cpu)
{
    const struct load_faults *f = &run->load->faults;
    printf("{\"event\": \"result\", \"networks\": %u, \"mode\": \"%s\", \"in_flight\": %u, "
           "\"commands\": %llu, \"seconds\": %.6f, \"load_cpu_seconds\": %.6f, ",
           run->load->networks, run->turn ? "turn" : "each", run->in_flight,
           (unsigned long long)run->answered, seconds, own_cpu);
    printf("\"p50_ns\": %llu, \"p99_ns\": %llu, \"max_ns\": %llu, ",
           (unsigned long long)histogram_quantile(&run->latency, 0.50),
           (unsigned long long)histogram_quantile(&run->latency, 0.99),
           (unsigned long long)run->latency.max);
    printf("\"lost\": %llu, \"doubled\": %llu, \"out_of_order\": %llu, \"unexpected\": %llu, "
           "\"disconnected\": %llu}\n",
           (unsigned long long)f->lost, (unsigned long long)f->doubled,
           (unsigned long long)f->out_of_order, (unsigned long long)f->unexpected,
           (unsigned long long)f->disconnected);
    fflush(stdout);
}

/* 0, or -1 when something went wrong (told in the result). */
static int run_load(struct load *load, bool turn, uint32_t in_flight, uint64_t ms)
{
    struct run *run = calloc(1, sizeof(*run));
    if (!run)
        return -1;
    *run = (struct run){.load = load, .turn = turn, .in_flight = in_flight};
    load->on_answer = on_answer;
    load->on_batch_end = on_batch_end;
    load->arg = run;

    double own_cpu = cpu_seconds();
    uint64_t start_ns = run->last_answer_ns = load_now_ns();
    int result = keep_in_flight(run, start_ns + ms * NS_PER_MS);
    double seconds = (double)(run->last_answer_ns - start_ns) / 1e9;
    own_cpu = cpu_seconds() - own_cpu;

    load->faults.lost += run->sent - run->answered;
    run->sending = false;
    uint64_t linger_ns = load_now_ns() + LINGER_MS * NS_PER_MS;
    while (result == 0 && !load->command_waiting && load_now_ns() < linger_ns)
        result = load_poll(load, 10);
    load->on_answer = NULL;
    load->on_batch_end = NULL;
    print_result(run, seconds, own_cpu);
    free(run);
    return result == 0 && is_faultless(&load->faults) ? 0 : -1;
}

static int wait_until_ready(struct load *load)
{
    uint64_t deadline_ns = load_now_ns() + SETUP_MS * NS_PER_MS;
    uint64_t probe_ns = load_now_ns() + PROBE_MS * NS_PER_MS;
    while (load->ready < load->networks) {
        if (load_poll(load, 100) < 0 || load->command_waiting)
            return -1;
        if (load_now_ns() > deadline_ns) {
            fprintf(stderr, "bench_load: only %u of %u networks were answered on within %d s\n",
                    load->ready, load->networks, SETUP_MS / 1000);
            return -1;
        }
        if (load_now_ns() < probe_ns)
            continue;
        probe_ns = load_now_ns() + PROBE_MS * NS_PER_MS;
        for (uint32_t i = 0; i < load->networks; i++) {
            struct load_link *link = &load->links[i];
            if (link->fd >= 0 && link->irc.state == IRC_SIDE_PROBING) {
                irc_side_probe(&link->irc);
                load_flush(load, link);
            }
        }
    }
    load->started = true;
    return 0;
}

/* Reads and obeys one command. 1 when there are no more, 0, or -1. */
static int obey(struct load *load)
{
    char line[64];
    ssize_t len = read(STDIN_FILENO, line, sizeof(line) - 1);
    if (len <= 0)
        return 1;
    line[len] = '\0';
    char *rest = line;
    const char *verb = strtok_r(rest, " \n", &rest);
    bool turn = verb && strcmp(verb, "turn") == 0;
    bool each = verb && strcmp(verb, "each") == 0;
    const char *in_flight_word = each ? strtok_r(NULL, " \n", &rest) : "1";
    const char *ms_word = verb ? strtok_r(NULL, " \n", &rest) : NULL;
    int64_t in_flight;
    int64_t ms;
    if (!(turn || each) || !in_flight_word || !ms_word ||
        str_parse_int(in_flight_word, 1, IN_FLIGHT_MAX, &in_flight) < 0 ||
        str_parse_int(ms_word, 1, RUN_MS_MAX, &ms) < 0) {
        fprintf(stderr, "bench_load: expected `each IN_FLIGHT MS` or `turn MS`\n");
        return -1;
    }
    return run_load(load, turn, (uint32_t)in_flight, (uint64_t)ms);
}

static int serve(struct load *load)
{
    printf("{\"event\": \"listening\", \"port\": %u}\n", load->port);
    fflush(stdout);
    if (wait_until_ready(load) < 0)
        return -1;
    printf("{\"event\": \"ready\"}\n");
    fflush(stdout);

    uint64_t idle_ns = load_now_ns() + IDLE_MS * NS_PER_MS;
    int result = 0;
    while (result == 0) {
        if (load_poll(load, 1000) < 0 || load_now_ns() > idle_ns)
            return -1;
        if (load->command_waiting) {
            result = obey(load);
            idle_ns = load_now_ns() + IDLE_MS * NS_PER_MS;
        }
    }
    return result < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
    int64_t networks = 0;
    int64_t port = 0;
    if (argc < 2 || argc > 3 || str_parse_int(argv[1], 1, LOAD_NETWORKS_MAX, &networks) < 0 ||
        (argc == 3 && str_parse_int(argv[2], 0, UINT16_MAX, &port) < 0)) {
        fprintf(stderr, "usage: bench_load NETWORKS [PORT]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    struct load load;
    int result = load_open(&load, (uint16_t)port, (uint32_t)networks);
    if (result == 0)
        result = serve(&load);
    load_close(&load);
    return result < 0 ? 1 : 0;
}

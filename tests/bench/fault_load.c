/*
 * The IRC side of the fault benchmark: `!echo` commands at a steady rate over all networks, and on
 * the first network, the victim, now and then a line that makes a module fail.
 *
 * usage: bench_fault_load NETWORKS
 *
 * Standard output is as bench_load's. The one command on standard input is
 *   run RATE MS EVERY_MS LINE
 * RATE commands a second over all networks, for MS milliseconds; every EVERY_MS somebody says LINE
 * on the victim (0: never). The result has what was asked, lost, doubled and out of order, and the
 * latencies, for the victim and for the others.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "tests/bench/histogram.h"
#include "tests/bench/links.h"

#define NS_PER_MS  UINT64_C(1000000)
#define SETUP_MS   60000
#define PROBE_MS   1000
#define STALL_MS   8000 /* without one answer while some are awaited: they are lost */
#define LINGER_MS  100
#define ROOM       16384 /* commands in flight on one network */
#define BURST      2000  /* commands at once, after a pause of the machine */
#define RATE_MAX   1000000
#define RUN_MS_MAX 600000

struct side {
    uint64_t sent;
    uint64_t answered;
    uint64_t left_out; /* not asked, because too many were in flight */
    struct histogram latency;
};

struct run {
    struct load *load;
    struct side victim;
    struct side others;
    uint64_t last_answer_ns;
    uint64_t injected;
    uint32_t turn;
};

static struct side *side_of(struct run *run, const struct load_link *link)
{
    return link->irc.index ? &run->others : &run->victim;
}

static void on_answer(struct load_link *link, uint64_t sent_ns, uint64_t now_ns, void *arg)
{
    struct run *run = arg;
    struct side *side = side_of(run, link);
    side->answered++;
    run->last_answer_ns = now_ns;
    histogram_add(&side->latency, now_ns - sent_ns);
}

static void send_due(struct run *run, uint64_t due)
{
    struct load *load = run->load;
    uint64_t now_ns = load_now_ns();
    if (due > BURST)
        due = BURST;
    for (; due; due--) {
        run->turn = run->turn + 1 < load->networks ? run->turn + 1 : 0;
        struct load_link *link = &load->links[run->turn];
        struct side *side = side_of(run, link);
        if (!window_has_room(&link->window, ROOM)) {
            side->left_out++;
            continue;
        }
        load_send(link, now_ns);
        side->sent++;
    }
    for (uint32_t i = 0; i < load->networks; i++)
        load_flush(load, &load->links[i]);
}

static void inject(struct run *run, const char *line)
{
    struct load_link *victim = &run->load->links[0];
    buf_printf(&victim->irc.out, ":visitor!v@visitor.example PRIVMSG #bench :%s\r\n", line);
    load_flush(run->load, victim);
    run->injected++;
}

static void drive(struct run *run, uint64_t rate, uint64_t ms, uint64_t every_ms, const char *line)
{
    uint64_t begun_ns = load_now_ns();
    uint64_t asked = 0;
    uint64_t inject_ns = every_ms ? begun_ns + every_ms * NS_PER_MS / 2 : UINT64_MAX;
    for (;;) {
        uint64_t now_ns = load_now_ns();
        uint64_t passed = now_ns - begun_ns;
        bool over = passed >= ms * NS_PER_MS;
        uint64_t due = over ? asked : passed / 1000 * rate / 1000000;
        send_due(run, due - asked);
        asked = due;
        if (!over && now_ns >= inject_ns) {
            inject(run, line);
            inject_ns += every_ms * NS_PER_MS;
        }
        bool all =
            run->victim.sent == run->victim.answered && run->others.sent == run->others.answered;
        if ((over && all) || now_ns > run->last_answer_ns + STALL_MS * NS_PER_MS)
            return;
        if (load_poll(run->load, 1) < 0 || run->load->faults.disconnected)
            return;
    }
}

static void print_side(const char *name, const struct side *side)
{
    printf("\"%s\": {\"asked\": %llu, \"lost\": %llu, \"left_out\": %llu, \"p50_ns\": %llu, "
           "\"p99_ns\": %llu, \"max_ns\": %llu}, ",
           name, (unsigned long long)side->sent, (unsigned long long)(side->sent - side->answered),
           (unsigned long long)side->left_out,
           (unsigned long long)histogram_quantile(&side->latency, 0.50),
           (unsigned long long)histogram_quantile(&side->latency, 0.99),
           (unsigned long long)side->latency.max);
}

static void print_result(const struct run *run, const struct load_faults *before)
{
    const struct load_faults *now = &run->load->faults;
    printf("{\"event\": \"result\", \"injected\": %llu, ", (unsigned long long)run->injected);
    print_side("victim", &run->victim);
    print_side("others", &run->others);
    printf("\"doubled\": %llu, \"out_of_order\": %llu, \"unexpected\": %llu, "
           "\"disconnected\": %llu}\n",
           (unsigned long long)(now->doubled - before->doubled),
           (unsigned long long)(now->out_of_order - before->out_of_order),
           (unsigned long long)(now->unexpected - before->unexpected),
           (unsigned long long)(now->disconnected - before->disconnected));
    fflush(stdout);
}

static void run_load(struct load *load, uint64_t rate, uint64_t ms, uint64_t every_ms,
                     const char *line)
{
    struct run *run = xcalloc(1, sizeof *run);
    struct load_faults before = load->faults;
    run->load = load;
    run->last_answer_ns = load_now_ns();
    for (uint32_t i = 0; i < load->networks; i++)
        window_init(&load->links[i].window, ROOM);
    load->on_answer = on_answer;
    load->arg = run;
    drive(run, rate, ms, every_ms, line);
    /* For answers that come twice. */
    uint64_t linger_ns = load_now_ns() + LINGER_MS * NS_PER_MS;
    while (load_now_ns() < linger_ns && !load_poll(load, 10))
        ;
    load->on_answer = NULL;
    print_result(run, &before);
    free(run);
}

static int wait_until_ready(struct load *load)
{
    uint64_t deadline_ns = load_now_ns() + SETUP_MS * NS_PER_MS;
    uint64_t probe_ns = load_now_ns() + PROBE_MS * NS_PER_MS;
    while (load->ready < load->networks) {
        uint64_t now_ns = load_now_ns();
        if (load_poll(load, 100) < 0 || load->command_waiting || now_ns > deadline_ns)
            return -1;
        for (uint32_t i = 0; now_ns >= probe_ns && i < load->networks; i++) {
            struct load_link *link = &load->links[i];
            if (link->fd < 0 || link->irc.state != IRC_SIDE_PROBING)
                continue;
            irc_side_probe(&link->irc);
            load_flush(load, link);
        }
        probe_ns = now_ns >= probe_ns ? now_ns + PROBE_MS * NS_PER_MS : probe_ns;
    }
    load->started = true;
    return 0;
}

/* 1 when there are no more commands, 0, or -1. */
static int obey(struct load *load)
{
    char line[256];
    ssize_t len = read(STDIN_FILENO, line, sizeof line - 1);
    if (len <= 0)
        return 1;
    line[len] = '\0';
    line[strcspn(line, "\n")] = '\0';
    char *rest = line;
    const char *words[4];
    int64_t numbers[3];
    for (int i = 0; i < 4; i++)
        words[i] = strtok_r(rest, " ", &rest);
    if (!words[3] || strcmp(words[0], "run") != 0 ||
        str_parse_int(words[1], 1, RATE_MAX, &numbers[0]) < 0 ||
        str_parse_int(words[2], 1, RUN_MS_MAX, &numbers[1]) < 0 ||
        str_parse_int(words[3], 0, RUN_MS_MAX, &numbers[2]) < 0) {
        fprintf(stderr, "bench_fault_load: expected `run RATE MS EVERY_MS LINE`\n");
        return -1;
    }
    run_load(load, (uint64_t)numbers[0], (uint64_t)numbers[1], (uint64_t)numbers[2], rest);
    return 0;
}

static int serve(struct load *load)
{
    printf("{\"event\": \"listening\", \"port\": %u}\n", load->port);
    fflush(stdout);
    if (wait_until_ready(load))
        return -1;
    printf("{\"event\": \"ready\"}\n");
    fflush(stdout);
    int result = 0;
    while (!result) {
        if (load_poll(load, 1000) < 0)
            return -1;
        if (load->command_waiting)
            result = obey(load);
    }
    return result < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
    int64_t networks;
    if (argc != 2 || str_parse_int(argv[1], 2, LOAD_NETWORKS_MAX, &networks) < 0) {
        fprintf(stderr, "usage: bench_fault_load NETWORKS, at least 2\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    struct load load;
    int result = load_open(&load, 0, (uint32_t)networks);
    if (!result)
        result = serve(&load);
    load_close(&load);
    return result < 0 ? 1 : 0;
}

/* What can happen to modules, at random and at once: no event is answered twice, and all go on in
 * the end. How many are lost depends on how busy the machine is: a module whose loads are killed
 * three times in a row is refused, with what waits for it. crash_test.c counts. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness.h"

enum { NETWORK_COUNT = 2, MODULE_COUNT = 2, TURNS = 600, EVENTS = TURNS * 8 };

static const char *const networks[NETWORK_COUNT] = {"net0", "net1"};
static const char *const modules[MODULE_COUNT] = {"worker", "echo"};
static const char *const builds[] = {WORKERS "/one/worker.so", WORKERS "/two/worker.so"};

struct chaos {
    struct harness *h;
    unsigned sent;
    unsigned char seen[EVENTS]; /* by its number: it was answered */
    int pids[NETWORK_COUNT * 4];
    size_t npids;
};

static unsigned any(unsigned n)
{
    return (unsigned)random() % n;
}

static void want(struct harness *h, const char *network)
{
    struct modhost *host =
        supervisor_host(h->sup, network, &(struct modhost_kind){.group = "default"});
    for (size_t i = 0; i < MODULE_COUNT; i++)
        modhost_want(host, supervisor_find(h->sup, modules[i]), true);
}

static void set_networks(struct harness *h, const char *own_nick)
{
    struct network_facts facts = {.own_nick = own_nick, .casemapping = "rfc1459", .user = h};
    for (size_t i = 0; i < NETWORK_COUNT; i++)
        supervisor_set_network(h->sup, networks[i], &facts);
}

static void begin(struct chaos *c, struct harness *h)
{
    *c = (struct chaos){.h = h};
    srandom(1);
    harness_install(h->user_dir, "worker", builds[0]);
    harness_install(h->system_dir, "echo", MODULES "/echo.so");
    harness_begin(h);
    set_networks(h, "seshet");
    for (size_t i = 0; i < MODULE_COUNT; i++)
        harness_until(h, harness_present(h, modules[i]));
    for (size_t i = 0; i < NETWORK_COUNT; i++)
        want(h, networks[i]);
}

static void send_some(struct chaos *c)
{
    static const char *const commands[MODULE_COUNT] = {"work", "echo"};
    char number[16];
    for (unsigned i = any(8); i; i--) {
        unsigned module = any(MODULE_COUNT);
        snprintf(number, sizeof number, "%u", c->sent++);
        harness_send(c->h, networks[any(NETWORK_COUNT)], modules[module], commands[module], number);
    }
}

static void note_pid(void *arg, const struct modhost_status *status)
{
    struct chaos *c = arg;
    if (status->pid && status->state == MODHOST_READY &&
        c->npids < sizeof c->pids / sizeof *c->pids)
        c->pids[c->npids++] = status->pid;
}

static void kill_one(struct chaos *c)
{
    static const int signals[] = {SIGABRT, SIGKILL, SIGTERM};
    c->npids = 0;
    supervisor_each_host(c->h->sup, note_pid, c);
    if (c->npids)
        kill(c->pids[any((unsigned)c->npids)], signals[any(3)]);
}

static void do_something(struct chaos *c)
{
    static const char *const deaths[] = {"abort", "segv", "exit", "rubbish", "f9", "q3"};
    static const char *const nicks[] = {"seshet", "ticks"};
    const char *network = networks[any(NETWORK_COUNT)];
    switch (any(16)) {
    case 0:
        harness_send(c->h, network, "worker", "die", deaths[any(6)]);
        break;
    case 1:
        harness_send(c->h, network, "worker", "timer", any(2) ? "later 30" : "every 100");
        break;
    case 2:
        harness_send(c->h, network, "worker", "flood", "200");
        break;
    case 3:
        harness_install(c->h->user_dir, "worker", builds[any(2)]);
        break;
    case 4:
        set_networks(c->h, nicks[any(2)]);
        break;
    case 5:
        kill_one(c);
        break;
    default:
        break;
    }
}

static void check(struct chaos *c)
{
    const struct harness *h = c->h;
    unsigned answered = 0;
    for (size_t i = 0; i < h->nsaid; i++) {
        const char *space = strchr(h->said[i].text, ' ');
        char *end = NULL;
        unsigned long number = space ? strtoul(space, &end, 10) : EVENTS;
        if (!space || end == space + 1 || *end)
            continue;
        assert_in_range(number, 0, c->sent - 1);
        assert_int_equal(c->seen[number]++, 0);
        answered++;
    }
    assert_in_range(answered, 1, c->sent);
}

static void answers_each_event_once(void **state)
{
    static struct chaos c;
    struct harness *h = *state;
    begin(&c, h);
    for (int i = 0; i < TURNS; i++) {
        send_some(&c);
        do_something(&c);
        assert_int_equal(harness_turn(h, harness_deadline()), 0);
        if (harness_hosts(h).queued > 1000)
            harness_until(h, harness_hosts(h).queued < 100);
    }
    set_networks(h, "seshet");
    harness_until(h, harness_hosts(h).queued == 0);
    check(&c);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(answers_each_event_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

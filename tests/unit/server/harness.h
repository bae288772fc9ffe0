#ifndef TESTS_UNIT_SERVER_HARNESS_H
#define TESTS_UNIT_SERVER_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/defer.h"
#include <seshet/module.h>

#include "server/supervise/supervisor.h"

struct event;
struct event_base;

struct heard {
    char network[32];
    char module[33];
    uint64_t event;
    char text[128];
};

/* A supervisor with real processes, and folders of its own under /tmp. */
struct harness {
    struct event_base *base;
    struct defer_queue defer;
    struct event *deferred;
    struct event *tick;
    char dir[64];
    char user_dir[96];
    char system_dir[96];
    char state_dir[96];
    struct supervisor *sup;
    size_t descriptors; /* open before it began */
    struct heard *said;
    size_t nsaid;
    size_t room;
    unsigned modules_calls;
    unsigned faults;
    char fault_module[33];
    uint64_t fault_event;
    char fault[512];
    enum fault_kind fault_kind;
    char fault_doing[FAULT_DOING_SIZE];
    unsigned quarantines;
    char quarantine[512];
    struct supervisor_limits limits; /* for harness_begin */
    unsigned errors;
    char error_name[33];
    char error[512];
    unsigned logs;
    char log[256];
    struct ask_ticket *ticket; /* the last question, not answered */
    char asked_key[300];
    bool stopped;
};

/* cmocka's setup and teardown. The teardown also checks that no descriptor, no child and no private
 * copy is left. The test begins without a module: put some, then harness_begin. */
int harness_setup(void **state);
int harness_teardown(void **state);
void harness_begin(struct harness *h);
void harness_begin_with(struct harness *h, const char *modhost);
void harness_end(struct harness *h);

/* Puts a file into a folder as NAME.so, by rename. */
void harness_install(const char *folder, const char *name, const char *source);
void harness_remove(const char *folder, const char *name);
/* Writes the first `bytes` of it in place. */
void harness_write_part(const char *folder, const char *name, const char *source, size_t bytes);

/* Runs the loop until the condition holds; fails the test after half a minute. */
#define harness_until(h, condition)                                                                \
    do {                                                                                           \
        int64_t harness_end_ = harness_deadline();                                                 \
        while (!(condition)) {                                                                     \
            if (harness_turn(h, harness_end_))                                                     \
                fail_msg("waited in vain for: %s", #condition);                                    \
        }                                                                                          \
    } while (0)
int64_t harness_deadline(void);
/* One turn of the loop; -1 when the time is over. */
int harness_turn(struct harness *h, int64_t deadline);
void harness_run_ms(struct harness *h, int64_t ms);

void harness_network(struct harness *h, const char *network);
/* A command to a module in the group "default"; returns the event's number, or 0. */
uint64_t harness_send(struct harness *h, const char *network, const char *module,
                      const char *command, const char *args);
uint64_t harness_send_group(struct harness *h, const char *network, const char *group,
                            const char *module, const char *command, const char *args);
bool harness_present(struct harness *h, const char *module);
bool harness_has_version(struct harness *h, const char *module, const char *version);
/* How often the text was said on the network (NULL: on any). */
unsigned harness_count(const struct harness *h, const char *network, const char *text);
const char *harness_last(const struct harness *h);

struct host_sum {
    size_t hosts;
    size_t running;
    size_t queued;
    uint64_t handled;
    uint32_t generation; /* of the last seen */
    uint32_t restarts;
    int pid;
    enum modhost_state state;
};
struct host_sum harness_hosts(const struct harness *h);

#endif

#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/defer.h"
#include "conf/conf.h"
#include "server/loop_clock.h"

/*
 * The one server: what all networks share. Only server/ sees inside; everything runs on the loop's
 * thread.
 */
struct server {
    struct loop_clock loop_clock;
    const struct clock *clock; /* of the loop */
    struct event_base *base;
    struct evdns_base *dns;
    struct defer_queue defer;
    struct link_loop *link;
    struct worker_pool *workers;
    struct registry *registry;
    struct supervisor *supervisor;
    struct registration *registrations; /* uthash, by module: what was written of it */
    struct control *control;
    struct control_command *commands; /* of the control socket */
    struct flood *flood;              /* uses in the last while, of all networks */
    struct ignores *ignores;          /* kept here because Redis did not take them */
    struct flood_guard *guard;
    struct auth_desk *desk; /* logins */
    struct module_sessions *sessions;
    struct storage_quota *quota; /* of what modules store in Redis */
    struct session_sweep *sweep;
    struct module_log *module_log;
    struct admin_wait *admin_waits; /* answers that wait for a snapshot */
    struct identities *identities;
    struct reload *reload;
    struct follow *follow;
    struct conf_main *conf;
    char *sandbox_missing; /* what the kernel cannot keep modules from, a line each; "": nothing */
    struct network *networks; /* uthash, by key */
    struct network *leaving;  /* utlist: removed, until their connections have ended */
    uint32_t catalogue;       /* rises when the modules that exist change */
    int64_t started_ms;       /* clock_now */
    struct event *registry_wait;
    struct event *stop_deadline;
    struct event *correct; /* pending when event_types in the registry are not ours */
    int64_t corrected_ms;  /* clock_now; when it was last set to happen */
    unsigned registering;  /* modules whose registration was not answered yet */
    unsigned unregistered; /* those for which the answer was no */
    bool modules_known;    /* those that were there at the start were examined */
    bool networks_started;
    bool ready;
    bool stopping;
    bool modhosts_ended;
    void (*on_ready)(void *arg); /* once: the control socket answers and the registry was read */
    void *on_ready_arg;
};

/*
 * Takes over `conf` and `networks`. 0; or -1 with *error (freed by the caller), and then
 * server_free cleans up what was begun.
 */
int server_start(struct server *server, struct conf_main *conf, struct conf_networks *networks,
                 char **error);
/* Runs the loop until a signal ends it: QUIT on all networks, then the module hosts end, within 4
 * seconds. */
void server_run(struct server *server);
void server_free(struct server *server);

#endif

#include <stdio.h>

#include "base/str.h"
#include "registry/registry.h"
#include "server/core/core.h"
#include "server/core/run.h"
#include "server/supervise/supervisor.h"

void core_ping(const struct command_call *call)
{
    command_reply(call, "pong");
}

void core_version(const struct command_call *call)
{
    command_reply(call, "seshet %s", SESHET_VERSION);
}

void core_uptime(const struct command_call *call)
{
    const struct network *n = call->network;
    int64_t now = clock_now(n->server->clock);
    char server[32];
    char here[32];
    command_reply(call, "Up for %s, on this network for %s.",
                  str_duration(server, sizeof server, now - n->server->started_ms),
                  str_duration(here, sizeof here, now - n->state_since_ms));
}

static void count_host(void *arg, const struct modhost_status *status)
{
    size_t *running = arg;
    if (status->state == MODHOST_READY || status->state == MODHOST_SWAPPING)
        (*running)++;
}

void core_status(const struct command_call *call)
{
    const struct server *server = call->network->server;
    size_t online = 0;
    size_t hosts = 0;
    for (struct network *n = server->networks; n; n = n->hh.next)
        online += conn_state(n->conn) == CONN_ONLINE;
    supervisor_each_host(server->supervisor, count_host, &hosts);
    /* It names hosts, files and what to type there. */
    const char *reason =
        core_has(call, call->network->key, "admin") ? registry_state_reason(server->registry) : "";
    char lag[32] = "unknown";
    if (conn_lag_ms(call->network->conn) >= 0)
        snprintf(lag, sizeof lag, "%lld ms", (long long)conn_lag_ms(call->network->conn));
    command_reply(call,
                  "%zu of %u networks online; registry %s%s%s; module hosts running: %zu; lag "
                  "here: %s.",
                  online, HASH_COUNT(server->networks),
                  registry_state_name(registry_state(server->registry)), *reason ? ": " : "",
                  reason, hosts, lag);
}

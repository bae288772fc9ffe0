#include "server/module/faults.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "server/control/control.h"
#include "server/module/quarantine_news.h"
#include "server/network.h"

struct supervisor_limits module_limits(const struct conf_main *conf)
{
    struct supervisor_limits limits = {.data_most = (uint64_t)conf->modules.files_mb << 20};
    char why[256];
    if (rate_parse(conf->modules.quarantine, &limits.quarantine, why, sizeof why) ||
        (strcmp(conf->modules.idle, "0") != 0 &&
         duration_parse(conf->modules.idle, &limits.idle_ms, why, sizeof why)))
        log_error("module.limits", LOG_NOBODY, "%s", why);
    return limits;
}

void server_module_quarantined(struct server *server, const char *network, const char *module,
                               const char *why)
{
    struct network *n = network_find(server, network);
    log_warn("module.quarantined", LOG_MODULE(network, module),
             "it gets no event on this network any more: %s; a new file, seshetctl module reload "
             "%s or seshetctl module enable %s brings it back",
             why, module, module);
    if (n)
        quarantine_news_begin(n, module);
}

struct asked {
    const char *network; /* "": all */
    const char *module;  /* NULL: all */
    json_t *list;
};

static void add(void *arg, const char *network, const struct fault_record *r)
{
    const struct asked *asked = arg;
    if ((*asked->network && strcmp(asked->network, network) != 0) ||
        (asked->module && strcmp(asked->module, r->module) != 0))
        return;
    json_array_append_new(
        asked->list,
        json_pack("{s:o, s:o, s:I, s:s, s:o, s:o, s:I, s:I, s:b, s:o, s:I}", "network",
                  control_text(network), "module", control_text(r->module), "count",
                  (json_int_t)r->count, "kind", fault_kind_name(r->last.kind), "doing",
                  control_text(r->last.doing), "reason", control_text(r->last.reason), "event",
                  (json_int_t)r->last.event, "at_ms", (json_int_t)r->last.at_ms, "quarantined",
                  r->quarantine != NULL, "why", control_text(r->quarantine), "since_ms",
                  (json_int_t)(r->quarantine ? r->since_ms : 0)));
}

json_t *module_faults(const struct server *server, const char *network, const char *module)
{
    struct asked asked = {network, module, json_array()};
    supervisor_each_fault(server->supervisor, add, &asked);
    return asked.list;
}

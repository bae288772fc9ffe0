#include "server/auth/desk.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/str.h"
#include "base/xmalloc.h"
#include "server/auth/address.h"

struct auth_desk *auth_desk_new(struct server *server)
{
    struct auth_desk *desk = xcalloc(1, sizeof *desk);
    desk->server = server;
    desk->delays = delays_new();
    desk->registered = flood_new(server->clock);
    return desk;
}

void auth_desk_free(struct auth_desk *desk)
{
    if (!desk)
        return;
    delays_free(desk->delays);
    flood_free(desk->registered);
    free(desk);
}

/* ---- New accounts -----------------------------------------------------------------------------
 */

/* Every account is kept in Redis and in every server's memory: a stranger, by whatever nick, makes
 * a few. */
static const char everybody[] = "*"; /* no host is called so */

static struct rate rate_of(const char *text)
{
    struct rate rate = {0};
    char why[REGISTRY_WHY_SIZE];
    rate_parse(text, &rate, why, sizeof why); /* was checked when the configuration was read */
    return rate;
}

static int refuse(const struct flood_hit *hit, const char *where, char *why, size_t why_size)
{
    char window[RATE_TEXT_SIZE];
    char again[32];
    snprintf(why, why_size,
             "at most %u new account%s in %s %s made %s; come again in %s, or ask an administrator",
             hit->rate.count, hit->rate.count == 1 ? "" : "s",
             duration_write(window, sizeof window, hit->rate.window_ms),
             hit->rate.count == 1 ? "is" : "are", where,
             str_duration(again, sizeof again, hit->again_ms + 999));
    return -1;
}

int auth_may_register(struct network *n, const char *host, char *why, size_t why_size)
{
    char address[AUTH_ADDRESS_SIZE];
    struct flood_hit hit;
    const struct flood *f = n->server->desk->registered;
    const struct conf_main *conf = n->server->conf;
    if (flood_source_reached(f, n->key, auth_address(address, host),
                             rate_of(conf->flood.register_host), &hit))
        return refuse(&hit, "from your address", why, why_size);
    if (flood_source_reached(f, n->key, everybody, rate_of(conf->flood.register_network), &hit))
        return refuse(&hit, "on this network", why, why_size);
    return 0;
}

void auth_registers(struct network *n, const char *host)
{
    char address[AUTH_ADDRESS_SIZE];
    struct flood *f = n->server->desk->registered;
    const struct conf_main *conf = n->server->conf;
    flood_count_source(f, n->key, auth_address(address, host), rate_of(conf->flood.register_host));
    flood_count_source(f, n->key, everybody, rate_of(conf->flood.register_network));
}

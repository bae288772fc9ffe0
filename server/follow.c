#include "server/follow.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/xmalloc.h"
#include "server/network.h"

#define SETTLE_MS 50 /* edits come together */
#define TURN_MS   2  /* of work, then the loop goes on */

struct follow {
    struct server *server;
    struct event *timer;
};

static void set_timer(struct follow *follow, int ms)
{
    struct timeval tv = {.tv_usec = ms * 1000};
    event_add(follow->timer, &tv);
}

/* Whether there was something to take over. */
static bool refresh(struct network *n)
{
    if (!n->index)
        return false;
    uint64_t generation = n->view->generation;
    uint32_t catalogue = n->index_catalogue;
    network_refresh(n);
    return n->view->generation != generation || n->index_catalogue != catalogue;
}

/* Begins with the first each time: those that are up to date cost next to nothing. */
static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct follow *follow = arg;
    int64_t end = clock_now(&clock_system) + TURN_MS;
    (void)fd;
    (void)what;
    for (struct network *n = follow->server->networks; n; n = n->hh.next) {
        if (refresh(n) && clock_now(&clock_system) > end) {
            set_timer(follow, 0);
            return;
        }
    }
}

void follow_soon(struct follow *follow)
{
    if (follow && !follow->server->stopping && !event_pending(follow->timer, EV_TIMEOUT, NULL))
        set_timer(follow, SETTLE_MS);
}

struct follow *follow_new(struct server *server)
{
    struct follow *follow = xcalloc(1, sizeof *follow);
    follow->server = server;
    follow->timer = evtimer_new(server->base, on_timer, follow);
    return follow;
}

void follow_free(struct follow *follow)
{
    if (!follow)
        return;
    event_free(follow->timer);
    free(follow);
}

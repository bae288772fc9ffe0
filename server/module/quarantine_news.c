#include "server/module/quarantine_news.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/xmalloc.h"
#include "server/auth/owners.h"
#include "server/supervise/supervisor.h"

enum { MAX_TOLD = 32 }; /* accounts; the others are not told */

struct quarantine_news {
    char *module;
    char *told[MAX_TOLD]; /* names of accounts */
    size_t count;
    struct quarantine_news *next;
};

static void drop(struct network *n, struct quarantine_news *news)
{
    LL_DELETE(n->news, news);
    for (size_t i = 0; i < news->count; i++)
        free(news->told[i]);
    free(news->module);
    free(news);
}

static bool is_told(const struct quarantine_news *news, const struct account *account)
{
    for (size_t i = 0; i < news->count; i++)
        if (!strcmp(news->told[i], account->name))
            return true;
    return news->count == MAX_TOLD;
}

static void remember(void *arg, const struct account *account)
{
    struct quarantine_news *news = arg;
    if (!is_told(news, account))
        news->told[news->count++] = xstrdup(account->name);
}

static char *write_text(const char *module, const char *why)
{
    return xasprintf("The module %s is switched off here for its faults: %s. A new file of it, "
                     "\"module reload %s\" or \"module enable %s\" brings it back.",
                     module, why, module, module);
}

void quarantine_news_begin(struct network *n, const char *module)
{
    struct quarantine_news *news;
    struct quarantine_news *next;
    const char *why = supervisor_quarantined(n->server->supervisor, n->key, module);
    LL_FOREACH_SAFE(n->news, news, next)
    {
        if (!strcmp(news->module, module))
            drop(n, news);
    }
    if (!why)
        return;
    news = xcalloc(1, sizeof *news);
    news->module = xstrdup(module);
    LL_APPEND(n->news, news);
    char *text = write_text(module, why);
    owners_tell(n, text, remember, news);
    free(text);
}

/* What somebody does who is there, or comes. */
static bool is_seen(enum event_type type)
{
    return type == EVENT_JOIN || type == EVENT_MESSAGE || type == EVENT_ACTION;
}

void quarantine_news_seen(struct network *n, const struct irc_event *event,
                          struct auth_guard *guard)
{
    struct quarantine_news *news;
    struct quarantine_news *next;
    if (!n->news || !is_seen(event->type))
        return;
    const struct account *account = auth_guard_account(guard);
    if (!account || !auth_has(n, &guard->source, "owner"))
        return;
    LL_FOREACH_SAFE(n->news, news, next)
    {
        const char *why = supervisor_quarantined(n->server->supervisor, n->key, news->module);
        if (!why) {
            drop(n, news);
        } else if (!is_told(news, account)) {
            char *text = write_text(news->module, why);
            owner_tell(n, event->nick, text);
            remember(news, account);
            free(text);
        }
    }
}

void quarantine_news_free(struct network *n)
{
    while (n->news)
        drop(n, n->news);
}

#include "server/module/session.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/log.h"
#include "base/xmalloc.h"

enum { PAGE_BYTES = 16 * 1024 };

struct item {
    char *key;
    char *value;
    UT_hash_handle hh;
};

struct session {
    char *network;
    char *name;         /* network/module: neither has a '/' */
    const char *module; /* in name */
    size_t bytes;
    bool orphan; /* at the last sweep */
    struct item *items;
    UT_hash_handle hh;
};

struct module_sessions {
    size_t max_bytes;
    struct session *all;
};

struct module_sessions *module_sessions_new(size_t max_bytes)
{
    struct module_sessions *s = xmalloc(sizeof *s);
    *s = (struct module_sessions){.max_bytes = max_bytes};
    return s;
}

static struct session *find(const struct module_sessions *s, const char *network,
                            const char *module)
{
    struct session *session;
    char *name = xasprintf("%s/%s", network, module);
    HASH_FIND_STR(s->all, name, session);
    free(name);
    return session;
}

static struct item *find_item(const struct session *session, const char *key)
{
    struct item *item = NULL;
    if (session)
        HASH_FIND_STR(session->items, key, item);
    return item;
}

const char *module_session_get(const struct module_sessions *s, const char *network,
                               const char *module, const char *key)
{
    const struct item *item = find_item(find(s, network, module), key);
    return item ? item->value : NULL;
}

static struct session *make(struct module_sessions *s, const char *network, const char *module)
{
    struct session *session = find(s, network, module);
    if (session)
        return session;
    session = xmalloc(sizeof *session);
    *session =
        (struct session){.network = xstrdup(network), .name = xasprintf("%s/%s", network, module)};
    session->module = session->name + strlen(network) + 1;
    HASH_ADD_KEYPTR(hh, s->all, session->name, strlen(session->name), session);
    return session;
}

static size_t cost(const char *key, const char *value)
{
    return strlen(key) + strlen(value) + sizeof(struct item);
}

static void remove_item(struct session *session, struct item *item)
{
    HASH_DEL(session->items, item);
    session->bytes -= cost(item->key, item->value);
    free(item->key);
    free(item->value);
    free(item);
}

int module_session_set(struct module_sessions *s, const char *network, const char *module,
                       const char *key, const char *value)
{
    struct session *session = make(s, network, module);
    struct item *old = find_item(session, key);
    size_t freed = old ? cost(old->key, old->value) : 0;
    if (value && session->bytes - freed + cost(key, value) > s->max_bytes)
        return -1;
    if (old)
        remove_item(session, old);
    if (value) {
        struct item *item = xmalloc(sizeof *item);
        *item = (struct item){.key = xstrdup(key), .value = xstrdup(value)};
        HASH_ADD_KEYPTR(hh, session->items, item->key, strlen(item->key), item);
        session->bytes += cost(key, value);
    }
    return freed > 0;
}

int64_t module_session_keys(const struct module_sessions *s, const char *network,
                            const char *module, const char *prefix, int64_t from, struct buf *out)
{
    const struct session *session = find(s, network, module);
    size_t len = strlen(prefix);
    int64_t at = 0;
    for (const struct item *item = session ? session->items : NULL; item;
         item = item->hh.next, at++) {
        if (at < from || strncmp(item->key, prefix, len) != 0)
            continue;
        buf_append_line(out, item->key, strlen(item->key));
        if (out->len >= PAGE_BYTES)
            return item->hh.next ? at + 1 : 0;
    }
    return 0;
}

static void session_free(struct module_sessions *s, struct session *session)
{
    while (session->items)
        remove_item(session, session->items);
    HASH_DEL(s->all, session);
    free(session->network);
    free(session->name);
    free(session);
}

void module_sessions_forget(struct module_sessions *s, const char *network)
{
    struct session *session;
    struct session *next;
    HASH_ITER(hh, s->all, session, next)
    {
        if (!strcmp(session->network, network))
            session_free(s, session);
    }
}

void module_sessions_sweep(struct module_sessions *s, bool (*exists)(void *arg, const char *module),
                           void *arg)
{
    struct session *session;
    struct session *next;
    HASH_ITER(hh, s->all, session, next)
    {
        bool was_orphan = session->orphan;
        session->orphan = !exists(arg, session->module);
        if (!session->orphan || !was_orphan)
            continue;
        log_info("session.forgotten", LOG_MODULE(session->network, session->module),
                 "the module has been away for long: what it kept in memory is gone");
        session_free(s, session);
    }
}

void module_sessions_free(struct module_sessions *s)
{
    if (!s)
        return;
    while (s->all)
        session_free(s, s->all);
    free(s);
}

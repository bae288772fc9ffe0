#include "registry/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/log.h"
#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/load_parts.h"
#include "registry/migrate.h"

#define MAX_IN_FLIGHT 256
/* Listing all keys waits while so many are to be read. */
#define MAX_LISTED 1024
/* Keys that change without pause must not hold the others back for longer: from then on only what
 * was known to have changed is waited for... */
#define MAX_BATCH_MS 20
/* ...and, up to here, the definitions of modules that turn up among it. Much longer than Redis
 * takes for them, also when it is far or busy: a module without its definition is one that nobody
 * may use. */
#define MAX_HOLD_MS 2000

static const char *const state_names[] = {"idle", "full", "live", "refused", "emptied"};

static void set_state(struct loader *l, enum loader_state state)
{
    if (state == l->state)
        return;
    log_debug("registry.load", LOG_NOBODY, "%s -> %s", state_names[l->state], state_names[state]);
    l->state = state;
}

/* ---- Readings ---- */

/* In-flight readings stay until their answer comes; they find themselves stale by the epoch. */
static void forget_all(struct loader *l)
{
    struct reading *r = NULL;
    struct reading *next = NULL;
    HASH_ITER(hh, l->readings, r, next)
    {
        HASH_DEL(l->readings, r);
        if (r->in_flight)
            continue;
        DL_DELETE(l->queue, r);
        free(r);
    }
    l->epoch++;
    l->in_flight = 0;
    l->full_left = 0;
    l->barrier = 0;
    l->cursor[0] = '\0';
    l->batch_started_ms = -1;
}

static void enqueue(struct loader *l, struct reading *r)
{
    r->number = ++l->queued;
    DL_APPEND(l->queue, r);
}

void loader_want(struct loader *l, const struct registry_key *key, bool part_full)
{
    char name[KEY_MAX];
    struct reading *r;
    key_write(key, name, sizeof name);
    HASH_FIND_STR(l->readings, name, r);
    if (!r) {
        r = xcalloc(1, sizeof *r);
        str_copy(r->key, sizeof r->key, name);
        r->parsed = *key;
        r->loader = l;
        r->epoch = l->epoch;
        HASH_ADD_STR(l->readings, key, r);
        enqueue(l, r);
    } else if ((r->in_flight || r->cursor[0]) && !part_full) {
        r->again = true;
    }
    if (part_full && !r->part_full) {
        r->part_full = true;
        l->full_left++;
    }
}

/* All keys of one shared definition. */
static void want_module(struct loader *l, const char *module, bool part_full)
{
    struct registry_key key = {.kind = KEY_HASH};
    if (!registry_name_valid(module))
        return;
    str_copy(key.module, sizeof key.module, module);
    loader_want(l, &key, part_full);
    key.kind = KEY_LIST;
    for (int i = 0; i < LIST_COUNT; i++) {
        key.list = (enum module_list)i;
        str_copy(key.list_name, sizeof key.list_name, module_list_rows[i].name);
        loader_want(l, &key, part_full);
    }
}

static void want_named(struct loader *l, enum key_kind kind, bool part_full)
{
    const struct registry_key key = {.kind = kind};
    loader_want(l, &key, part_full);
}

static void refuse(struct loader *l, const char *reason)
{
    forget_all(l);
    set_state(l, LOADER_REFUSED);
    l->callbacks.on_refused(l->callbacks.arg, reason);
}

/* Redis answers, but does not give what was asked for: no permission, a script that runs for long.
 * It would not tell when that ends, so the link is made again until it does. */
void loader_give_up(struct loader *l, const char *what, const redisReply *reply)
{
    char text[REGISTRY_WHY_SIZE];
    snprintf(text, sizeof text, "Redis refuses to read %.80s: %.140s", what,
             reply->type == REDIS_REPLY_ERROR ? reply->str : "unexpected answer");
    forget_all(l);
    set_state(l, LOADER_IDLE);
    link_fail(l->link, true, text);
}

bool loader_wrong_type(const redisReply *reply)
{
    return !strncmp(reply->str, "WRONGTYPE", 9);
}

/* ---- Applying answers ---- */

struct model_bytes *loader_bytes_of(const redisReply *reply)
{
    struct model_bytes *bytes = xcalloc(reply->elements ? reply->elements : 1, sizeof *bytes);
    for (size_t i = 0; i < reply->elements; i++) {
        const redisReply *e = reply->element[i];
        bytes[i] = e->type == REDIS_REPLY_STRING ? (struct model_bytes){e->str, e->len}
                                                 : (struct model_bytes){"", 0};
    }
    return bytes;
}

static void on_stamped(void *arg, const redisReply *reply)
{
    struct loader *l = arg;
    if (reply && reply->type == REDIS_REPLY_STRING && !*l->identity.known)
        str_copy(l->identity.known, sizeof l->identity.known, reply->str);
    if (reply && reply->type == REDIS_REPLY_ERROR)
        log_warn("registry.schema", LOG_NOBODY, "Redis refuses to write schema %d into %smeta: %s",
                 REGISTRY_SCHEMA, l->prefix, reply->str);
}

/* The registry is ours from now on. modules: whether any stand in it. */
static void stamp(struct loader *l, bool modules)
{
    char key[KEY_MAX_PREFIX + 8];
    char schema[12];
    char id[IDENTITY_SIZE];
    char why[REGISTRY_WHY_SIZE];
    int number = 0;
    const struct identity *found = &l->identity;
    bool done = identity_accepted_is_done(found, modules);
    bool current = found->schema[0] &&
                   migrate_judge(found->schema, &number, why, sizeof why) == MIGRATE_CURRENT;
    identity_follow(&l->identity);
    identity_choose(found, id);
    if (current && !done && !strcmp(id, found->id))
        return;
    for (int i = number; number && i < REGISTRY_SCHEMA; i++)
        log_info("registry.schema", LOG_NOBODY, "schema %d -> %d: %s", i, i + 1, migrate_step(i));
    snprintf(key, sizeof key, "%smeta", l->prefix);
    snprintf(schema, sizeof schema, "%d", REGISTRY_SCHEMA);
    const char *argv[] = {"EVAL", migrate_stamp_script, "1", key, found->schema, schema, found->id,
                          id,     done ? "done" : ""};
    link_command(l->link, on_stamped, l, sizeof argv / sizeof *argv, argv, NULL);
}

/* 0, or -1 when everything under way was forgotten. */
static int apply_meta(struct loader *l, const redisReply *reply)
{
    char text[REGISTRY_WHY_SIZE];
    struct identity *found = &l->identity;
    int number;
    if (reply->type == REDIS_REPLY_ERROR) {
        if (loader_wrong_type(reply)) {
            snprintf(text, sizeof text,
                     "%smeta is no hash, as it must be: put it right with redis-cli DEL %smeta",
                     l->prefix, l->prefix);
            refuse(l, text);
        } else {
            loader_give_up(l, "meta", reply);
        }
        return -1;
    }
    identity_begin(found);
    for (size_t i = 0; i + 1 < reply->elements; i += 2)
        identity_read(found, reply->element[i]->str, reply->element[i + 1]->str);
    bool modules = model_index(l->model) != NULL;
    if (l->index_read &&
        (!found->schema[0] || identity_judge(found, modules, modules) != IDENTITY_SAME)) {
        l->callbacks.on_vanished(l->callbacks.arg);
        return -1;
    }
    if (found->schema[0] &&
        migrate_judge(found->schema, &number, text, sizeof text) == MIGRATE_REFUSE) {
        refuse(l, text);
        return -1;
    }
    if (l->index_read)
        stamp(l, modules);
    return 0;
}

/* Whether what stands in Redis may be followed. 0, or -1 when everything under way was
 * forgotten. */
static int judge(struct loader *l, bool modules)
{
    enum identity_verdict verdict = identity_judge(&l->identity, modules, l->modules_before);
    if (verdict == IDENTITY_SAME)
        return 0;
    forget_all(l);
    set_state(l, LOADER_EMPTIED);
    l->callbacks.on_emptied(l->callbacks.arg, verdict, l->identity.known);
    return -1;
}

/* 0, or -1 when everything under way was forgotten. */
static int apply_index(struct loader *l, const redisReply *reply)
{
    const struct registry_key key = {.kind = KEY_MODULES};
    const struct item_list *last = model_index(l->model);
    bool full = l->state == LOADER_FULL;
    bool wrong = reply->type == REDIS_REPLY_ERROR;
    if (wrong && !loader_wrong_type(reply)) {
        loader_give_up(l, "modules", reply);
        return -1;
    }
    if (full && judge(l, wrong || reply->elements))
        return -1;
    if (wrong) {
        for (size_t i = 0; full && last && i < last->count; i++)
            want_module(l, last->items[i], true);
        l->index_read = true;
        model_apply_unreadable(l->model, &key, "the key has the wrong type: it must be a set");
        return 0;
    }
    if (!full && !reply->elements && last) {
        /* Somebody's wish, or all data are lost: that shows in what else is left. */
        l->callbacks.on_vanished(l->callbacks.arg);
        return -1;
    }
    l->index_read = true;
    stamp(l, reply->elements);
    for (size_t i = 0; i < reply->elements; i++) {
        const char *name = reply->element[i]->str;
        if (full || !model_in_index(l->model, name))
            want_module(l, name, full);
    }
    if (l->barrier)
        l->barrier = l->queued;
    struct model_bytes *names = loader_bytes_of(reply);
    model_apply_index(l->model, names, reply->elements);
    free(names);
    return 0;
}

/* 0, or -1 when everything under way was forgotten. */
static int apply_definition(struct loader *l, const struct registry_key *key,
                            const redisReply *reply)
{
    char name[KEY_MAX];
    if (reply->type == REDIS_REPLY_ERROR) {
        if (!loader_wrong_type(reply)) {
            loader_give_up(l, key_write(key, name, sizeof name), reply);
            return -1;
        }
        model_apply_unreadable(l->model, key,
                               key_is_hash(key->kind)
                                   ? "the key has the wrong type: it must be a hash"
                                   : "the key has the wrong type: it must be a set");
        return 0;
    }
    if (key->kind == KEY_UNKNOWN_LIST) {
        model_apply_unknown_list(l->model, key, reply->integer != 0);
        return 0;
    }
    struct model_bytes *bytes = loader_bytes_of(reply);
    if (key->kind == KEY_HASH)
        model_apply_hash(l->model, key, bytes, reply->elements);
    else if (key->kind == KEY_IGNORES)
        model_apply_ignores(l->model, key, bytes, reply->elements);
    else
        model_apply_list(l->model, key, bytes, reply->elements);
    free(bytes);
    return 0;
}

/* 0, or -1 when everything under way was forgotten. */
static int apply(struct loader *l, const struct registry_key *key, const redisReply *reply)
{
    switch (key->kind) {
    case KEY_META:
        return apply_meta(l, reply);
    case KEY_MODULES:
        return apply_index(l, reply);
    case KEY_IGNORES:
        return apply_definition(l, key, reply);
    case KEY_HASH:
    case KEY_LIST:
    case KEY_UNKNOWN_LIST:
        /* A shared definition counts once its module is registered; then all of it is read. */
        if (key->network[0] || model_in_index(l->model, key->module))
            return apply_definition(l, key, reply);
        return 0;
    default:
        break;
    }
    return key_of_accounts(key->kind) ? loader_apply_account(l, key, reply) : 0;
}

/* ---- Sending and ending ---- */

static void on_reading(void *arg, const redisReply *reply);

static void send_one(struct loader *l, struct reading *r)
{
    char key[KEY_MAX_PREFIX + KEY_MAX];
    snprintf(key, sizeof key, "%s%s", l->prefix, r->key);
    bool hash = key_is_hash(r->parsed.kind);
    bool steps = loader_in_steps(r->parsed.kind);
    const char *argv[] = {steps                                ? "SSCAN"
                          : hash                               ? "HGETALL"
                          : r->parsed.kind == KEY_UNKNOWN_LIST ? "EXISTS"
                                                               : "SMEMBERS",
                          key, r->cursor[0] ? r->cursor : "0", "COUNT", "1000"};
    if (link_command(l->link, on_reading, r, steps ? 5 : 2, argv, NULL))
        return; /* the link is going */
    DL_DELETE(l->queue, r);
    r->in_flight = true;
    r->again = r->again && r->cursor[0];
    l->in_flight++;
    if (l->batch_started_ms < 0)
        l->batch_started_ms = clock_now(l->clock);
}

static void send_scan(struct loader *l);

static void pump(struct loader *l)
{
    while (l->queue && l->in_flight < MAX_IN_FLIGHT) {
        struct reading *first = l->queue;
        send_one(l, first);
        if (l->queue == first)
            return;
    }
    if (l->cursor[0] && HASH_COUNT(l->readings) < MAX_LISTED)
        send_scan(l);
}

/* Whether what has been read since the last commit is a whole. Answers come in the order of the
 * readings, and all keys of a MULTI are queued at once: none of them is left out. */
static bool batch_done(struct loader *l)
{
    int64_t age = clock_now(l->clock) - l->batch_started_ms;
    if (!l->queue && !l->in_flight)
        return true;
    if (!l->barrier && age >= MAX_BATCH_MS)
        l->barrier = l->queued;
    return l->barrier && (l->answered >= l->barrier || age >= MAX_HOLD_MS);
}

static void go_on(struct loader *l)
{
    pump(l);
    bool full = l->state == LOADER_FULL && !l->full_left;
    if (!full && (l->state != LOADER_LIVE || l->batch_started_ms < 0 || !batch_done(l)))
        return;
    l->barrier = 0;
    l->batch_started_ms = l->in_flight || l->queue ? clock_now(l->clock) : -1;
    if (full) {
        model_end_full(l->model);
        set_state(l, LOADER_LIVE);
        link_loaded(l->link);
    }
    l->callbacks.on_loaded(l->callbacks.arg, full);
}

static void on_reading(void *arg, const redisReply *reply)
{
    struct reading *r = arg;
    struct loader *l = r->loader;
    if (r->epoch != l->epoch) {
        free(r);
        return;
    }
    l->in_flight--;
    if (!reply || !link_ready(l->link)) { /* the link is lost, and says so next */
        HASH_DEL(l->readings, r);
        free(r);
        return;
    }
    if (loader_in_steps(r->parsed.kind)) {
        bool more;
        if (loader_apply_step(l, r, reply, &more))
            return;
        if (more) {
            r->in_flight = false;
            enqueue(l, r);
            go_on(l);
            return;
        }
    }
    const struct registry_key key = r->parsed;
    if (r->part_full)
        l->full_left--;
    r->part_full = false;
    r->in_flight = false;
    l->answered = r->number;
    if (r->again) {
        enqueue(l, r);
    } else {
        HASH_DEL(l->readings, r);
        free(r);
    }
    if (!apply(l, &key, reply))
        go_on(l);
}

static void on_scan(void *arg, const redisReply *reply)
{
    struct scan *scan = arg;
    struct loader *l = scan->loader;
    bool stale = scan->epoch != l->epoch;
    free(scan);
    if (stale || !reply || !link_ready(l->link))
        return;
    l->full_left--;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2) {
        loader_give_up(l, "all keys (SCAN)", reply);
        return;
    }
    const redisReply *keys = reply->element[1];
    size_t prefix = strlen(l->prefix);
    for (size_t i = 0; i < keys->elements; i++) {
        const redisReply *k = keys->element[i];
        if (k->type != REDIS_REPLY_STRING || k->len < prefix || strlen(k->str) != k->len)
            continue;
        if (!strncmp(k->str + prefix, "status:module:", 14) ||
            !strcmp(k->str + prefix, "status:registry") ||
            !strcmp(k->str + prefix, "status:accounts"))
            l->callbacks.on_old_status(l->callbacks.arg, k->str);
        struct registry_key key = key_parse(k->str + prefix);
        if (key.kind == KEY_UNKNOWN_LIST || (key.network[0] && key.kind != KEY_OTHER) ||
            (key_of_accounts(key.kind) && !loader_in_steps(key.kind)))
            loader_want(l, &key, true);
    }
    if (strcmp(reply->element[0]->str, "0") != 0) {
        str_copy(l->cursor, sizeof l->cursor, reply->element[0]->str);
        l->full_left++;
    }
    go_on(l);
}

/* The prefix as a glob that matches itself. */
static void scan_pattern(const struct loader *l, char *dst)
{
    for (const char *s = l->prefix; *s; s++) {
        if (strchr("*?[]\\^", *s))
            *dst++ = '\\';
        *dst++ = *s;
    }
    *dst++ = '*';
    *dst = '\0';
}

static void send_scan(struct loader *l)
{
    char pattern[2 * KEY_MAX_PREFIX + 2];
    scan_pattern(l, pattern);
    const char *argv[] = {"SCAN", l->cursor, "MATCH", pattern, "COUNT", "1000"};
    struct scan *scan = xcalloc(1, sizeof *scan);
    *scan = (struct scan){l, l->epoch};
    if (link_command(l->link, on_scan, scan, 6, argv, NULL))
        free(scan); /* full_left stays: the link is going */
    l->cursor[0] = '\0';
}

/* ---- Interface ---- */

struct loader *loader_new(struct link *link, struct model *model, const struct clock *clock,
                          const char *prefix, const struct loader_callbacks *callbacks)
{
    struct loader *l = xcalloc(1, sizeof *l);
    l->link = link;
    l->model = model;
    l->clock = clock;
    l->prefix = xstrdup(prefix);
    l->callbacks = *callbacks;
    l->batch_started_ms = -1;
    return l;
}

void loader_free(struct loader *l)
{
    if (!l)
        return;
    forget_all(l);
    free(l->prefix);
    free(l);
}

void loader_full(struct loader *l, size_t modules_before)
{
    forget_all(l);
    l->modules_before = modules_before;
    identity_begin(&l->identity);
    l->index_read = false;
    set_state(l, LOADER_FULL);
    model_begin_full(l->model);
    /* In this order: what meta says decides what an empty index means. */
    want_named(l, KEY_META, true);
    want_named(l, KEY_MODULES, true);
    want_named(l, KEY_IGNORES, true);
    want_named(l, KEY_USERS, true);
    want_named(l, KEY_GROUPS, true);
    str_copy(l->cursor, sizeof l->cursor, "0");
    l->full_left++;
    pump(l);
}

bool loader_changed(struct loader *l, const char *text)
{
    struct registry_key key = key_parse(text);
    switch (l->state) {
    case LOADER_IDLE:
        break;
    case LOADER_REFUSED:
        return key.kind == KEY_META;
    case LOADER_EMPTIED:
        return key.kind == KEY_META || key.kind == KEY_MODULES;
    case LOADER_FULL:
    case LOADER_LIVE:
        if (key.kind != KEY_OTHER)
            loader_want(l, &key, false);
        pump(l);
        break;
    }
    return false;
}

uint64_t loader_asked(const struct loader *l)
{
    return l->state == LOADER_FULL || l->readings ? l->queued : 0;
}

uint64_t loader_applied(const struct loader *l)
{
    return l->answered;
}

void loader_stop(struct loader *l)
{
    forget_all(l);
    set_state(l, LOADER_IDLE);
}

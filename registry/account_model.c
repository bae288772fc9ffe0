#include "registry/account_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/account_read.h"
#include "registry/account_shard.h"
#include "registry/model_read.h"

#define STATUS_ACCOUNTS "accounts"

struct entry {
    struct registry_key key; /* of the hash */
    char *name;              /* that key */
    struct record *record;
    uint32_t read[RECORD_MAX_PARTS]; /* the full reading that saw each part last */
    uint32_t listed;                 /* the reading of the index that named it; 0: none */
    uint32_t unread;                 /* bit for each part that is still to be read: half an account
                                        might be allowed more than the whole */
    UT_hash_handle hh;
};

/* Entries of one kind. Those of users are spread as in accounts. */
struct table {
    struct entry *entries;
    bool changed;
};

/* A set of names that is being read. */
struct names {
    uint32_t pass; /* number of the current reading */
    size_t count;  /* entries that are listed */
    size_t nwrong;
    char wrong[REGISTRY_WHY_SIZE];
};

struct account_model {
    struct problems *problems;
    struct table users[ACCOUNT_SHARDS];
    struct table others[RECORD_KINDS];
    struct names names[2]; /* of users, of profiles */
    uint32_t full;         /* number of the current full reading */
    bool in_full;
    bool complete; /* everything has been read once: what is not there is known not to be */
};

struct account_model *account_model_new(struct problems *problems)
{
    struct account_model *m = xcalloc(1, sizeof *m);
    m->problems = problems;
    return m;
}

/* ---- Entries ---- */

static struct table *table_of(struct account_model *m, enum record_kind kind, const char *name)
{
    return kind == RECORD_USER ? &m->users[account_shard_of(name)] : &m->others[kind];
}

/* The key of the hash of the record that a key is a part of. */
static struct registry_key base_key(const struct registry_key *key, enum record_kind kind)
{
    struct registry_key base = *key;
    base.kind = record_types[kind].parts[0].key;
    return base;
}

static struct entry *entry_find(const struct account_model *m, enum record_kind kind,
                                const struct registry_key *base)
{
    char name[KEY_MAX];
    struct entry *e = NULL;
    const struct table *t = table_of((struct account_model *)m, kind, base->name);
    key_write(base, name, sizeof name);
    HASH_FIND_STR(t->entries, name, e);
    return e;
}

/* Gives the record its name. false: there can be no such record. */
static bool record_name(struct record *r, const struct registry_key *key)
{
    switch (r->kind) {
    case RECORD_USER:
        return str_copy(((struct account *)r)->name, ACCOUNT_MAX_NAME + 1, key->name);
    case RECORD_POLICY:
        return str_copy(((struct policy *)r)->network, REGISTRY_MAX_NAME + 1, key->network);
    case RECORD_CHANNEL: {
        struct channel_record *c = (struct channel_record *)r;
        str_copy(c->network, sizeof c->network, key->network);
        return !channel_key_read(c->channel, sizeof c->channel, key->name);
    }
    case RECORD_GROUP:
        return str_copy(((struct auth_group *)r)->name, REGISTRY_MAX_NAME + 1, key->name);
    case RECORD_NETWORK:
        return str_copy(((struct network_record *)r)->network, REGISTRY_MAX_NAME + 1, key->network);
    }
    return false;
}

/* Users and profiles stay as long as they are named; the others as long as they say something. */
static bool is_listed_kind(enum record_kind kind)
{
    return kind == RECORD_USER || kind == RECORD_GROUP;
}

/* NULL: there can be no such record. */
static struct entry *entry_get(struct account_model *m, enum record_kind kind,
                               const struct registry_key *base)
{
    char name[KEY_MAX];
    struct entry *e = entry_find(m, kind, base);
    if (e)
        return e;
    struct record *record = record_new(kind);
    if (!record_name(record, base)) {
        record_unref(record);
        return NULL;
    }
    struct table *t = table_of(m, kind, base->name);
    e = xcalloc(1, sizeof *e);
    e->key = *base;
    e->name = xstrdup(key_write(base, name, sizeof name));
    e->record = record;
    if (is_listed_kind(kind))
        e->unread = (UINT32_C(1) << record_types[kind].nparts) - 1;
    HASH_ADD_KEYPTR(hh, t->entries, e->name, strlen(e->name), e);
    return e;
}

static void entry_free(struct table *t, struct entry *e)
{
    HASH_DEL(t->entries, e);
    record_unref(e->record);
    free(e->name);
    free(e);
}

static struct registry_key part_key(const struct entry *e, size_t part)
{
    struct registry_key key = e->key;
    key.kind = record_types[e->record->kind].parts[part].key;
    return key;
}

static void problems_of_key(struct account_model *m, const struct registry_key *key, bool begin)
{
    char name[KEY_MAX];
    key_write(key, name, sizeof name);
    if (begin)
        problems_begin(m->problems, name);
    else
        problems_end(m->problems, name);
}

static void no_problems(struct account_model *m, const struct registry_key *key)
{
    problems_of_key(m, key, true);
    problems_of_key(m, key, false);
}

/* The record is gone, or does not count any more. */
static void entry_remove(struct account_model *m, struct table *t, struct entry *e)
{
    for (size_t p = 0; p < record_types[e->record->kind].nparts; p++) {
        struct registry_key key = part_key(e, p);
        no_problems(m, &key);
    }
    if (e->listed)
        m->names[e->record->kind == RECORD_GROUP].count--;
    t->changed = true;
    entry_free(t, e);
}

static void table_free(struct table *t)
{
    struct entry *e = NULL;
    struct entry *next = NULL;
    HASH_ITER(hh, t->entries, e, next)
    {
        entry_free(t, e);
    }
}

void account_model_free(struct account_model *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < ACCOUNT_SHARDS; i++)
        table_free(&m->users[i]);
    for (size_t i = 0; i < RECORD_KINDS; i++)
        table_free(&m->others[i]);
    free(m);
}

/* Takes over the new value of the record. */
static void entry_put(struct account_model *m, struct entry *e, struct record *record)
{
    struct table *t = table_of(m, record->kind, e->key.name);
    if (record_types[record->kind].settle)
        record_types[record->kind].settle(record);
    if (record_equal(record, e->record)) {
        record_unref(record);
        return;
    }
    record_unref(e->record);
    e->record = record;
    t->changed = true;
}

static void drop_empty(struct account_model *m, struct entry *e)
{
    enum record_kind kind = e->record->kind;
    if (!is_listed_kind(kind) && record_empty(e->record))
        entry_remove(m, table_of(m, kind, e->key.name), e);
}

/* ---- Applying ---- */

struct telling {
    struct account_model *model;
    const struct registry_key *key;
};

static void tell(void *arg, const char *what, const char *text)
{
    const struct telling *t = arg;
    char name[KEY_MAX];
    char field[KEY_MAX + REGISTRY_MAX_NAME + 2];
    key_write(t->key, name, sizeof name);
    snprintf(field, sizeof field, "%s%s%.*s", name, *what ? " " : "", REGISTRY_MAX_NAME, what);
    problems_add(t->model->problems, name, STATUS_ACCOUNTS, field, text);
}

static void tell_bad_name(struct account_model *m, const struct registry_key *key)
{
    const struct telling t = {m, key};
    tell((void *)&t, "",
         "that is no name of a channel: it begins with #, &, + or !, is written in lower case, and "
         "has %3A for ':' and %25 for '%'; it does not count");
}

static void part_read(struct account_model *m, struct entry *e, size_t part)
{
    e->read[part] = m->full;
    if (e->unread == UINT32_C(1) << part)
        table_of(m, e->record->kind, e->key.name)->changed = true;
    e->unread &= ~(UINT32_C(1) << part);
}

static bool counts(const struct account_model *m, enum record_kind kind, const struct entry *e)
{
    return !is_listed_kind(kind) || m->in_full || (e && e->listed);
}

void account_model_apply(struct account_model *m, const struct registry_key *key,
                         const struct model_bytes *items, size_t count)
{
    enum record_kind kind;
    size_t part;
    struct telling telling = {m, key};
    const struct account_teller teller = {tell, &telling};
    if (!record_of_key(key->kind, &kind, &part))
        return;
    struct registry_key base = base_key(key, kind);
    struct entry *e = entry_find(m, kind, &base);
    if (!counts(m, kind, e))
        return;
    problems_of_key(m, key, true);
    if (!e && count && !(e = entry_get(m, kind, &base)))
        tell_bad_name(m, key);
    if (e) {
        struct record *record = record_clone(e->record);
        record->unreadable &= ~(UINT32_C(1) << part);
        account_read_part(record, e->record, part, items, count, &teller);
        part_read(m, e, part);
        entry_put(m, e, record);
    }
    problems_of_key(m, key, false);
    if (e)
        drop_empty(m, e);
}

static bool part_holds(const struct entry *e, size_t part)
{
    if (part)
        return *record_part_value(e->record, part) != NULL;
    return e->record->set != 0;
}

/* Whether anything is known of the part, be it that it was not there. e NULL: there is no such
 * record yet. */
static bool part_known(const struct account_model *m, enum record_kind kind, const struct entry *e,
                       size_t part)
{
    uint32_t bit = UINT32_C(1) << part;
    if (!e)
        return m->complete && !is_listed_kind(kind);
    return part_holds(e, part) || (m->complete && !((e->record->unreadable | e->unread) & bit));
}

static void tell_unreadable(struct account_model *m, const struct registry_key *key,
                            const char *why, bool known)
{
    char text[2 * REGISTRY_WHY_SIZE];
    const struct telling telling = {m, key};
    problems_of_key(m, key, true);
    snprintf(text, sizeof text, "%s; until then %s", why,
             known ? "what was known of it counts"
                   : "nothing is open, for nothing was known of it");
    tell((void *)&telling, "", text);
    problems_of_key(m, key, false);
}

void account_model_unreadable(struct account_model *m, const struct registry_key *key,
                              const char *why)
{
    enum record_kind kind;
    size_t part;
    if (!record_of_key(key->kind, &kind, &part)) {
        tell_unreadable(m, key, why, true);
        return;
    }
    struct registry_key base = base_key(key, kind);
    struct entry *e = entry_find(m, kind, &base);
    if (!counts(m, kind, e))
        return;
    bool known = part_known(m, kind, e, part);
    tell_unreadable(m, key, why, known);
    if (!e && (known || !(e = entry_get(m, kind, &base))))
        return;
    part_read(m, e, part);
    if (known)
        return;
    struct record *record = record_clone(e->record);
    record->unreadable |= UINT32_C(1) << part;
    if (!part)
        account_read_nothing(record);
    entry_put(m, e, record);
}

/* ---- Names ---- */

static enum record_kind listed_kind(enum key_kind kind)
{
    return kind == KEY_USERS ? RECORD_USER : RECORD_GROUP;
}

static struct registry_key key_of_name(enum key_kind index, const char *name)
{
    struct registry_key key = {.kind = index == KEY_USERS ? KEY_USER : KEY_GROUP};
    str_copy(key.name, sizeof key.name, name);
    return key;
}

/* As a key that could be read has it. */
static bool name_valid(enum key_kind index, const char *name)
{
    char folded[ACCOUNT_MAX_NAME + 1];
    if (index == KEY_GROUPS)
        return registry_name_valid(name);
    return account_name_valid(name) &&
           !strcmp(name, account_name_fold(folded, sizeof folded, name));
}

bool account_model_in_index(const struct account_model *m, enum key_kind kind, const char *name)
{
    if (!name_valid(kind, name))
        return false;
    struct registry_key key = key_of_name(kind, name);
    const struct entry *e = entry_find(m, listed_kind(kind), &key);
    return e && e->listed;
}

void account_model_index_begin(struct account_model *m, enum key_kind kind)
{
    struct names *names = &m->names[kind == KEY_GROUPS];
    names->pass++;
    names->nwrong = 0;
}

static void add_wrong_name(struct names *names, const char *why)
{
    /* Redis gives them in any order: the same one is told each time. */
    if (!names->nwrong++ || strcmp(why, names->wrong) < 0)
        str_copy(names->wrong, sizeof names->wrong, why);
}

static void add_name(struct account_model *m, enum key_kind kind, const char *name)
{
    struct names *names = &m->names[kind == KEY_GROUPS];
    struct registry_key key = key_of_name(kind, name);
    struct entry *e = entry_get(m, listed_kind(kind), &key);
    char why[REGISTRY_WHY_SIZE];
    if (!e->listed && names->count == ACCOUNT_MAX) {
        snprintf(why, sizeof why, "there are more than %d", ACCOUNT_MAX);
        add_wrong_name(names, why);
        return;
    }
    if (!e->listed) {
        names->count++;
        table_of(m, listed_kind(kind), name)->changed = true;
    }
    e->listed = names->pass;
}

void account_model_index_add(struct account_model *m, enum key_kind kind,
                             const struct model_bytes *names, size_t count)
{
    char why[REGISTRY_WHY_SIZE];
    for (size_t i = 0; i < count; i++) {
        if (model_bytes_text(&names[i]) && name_valid(kind, names[i].data)) {
            add_name(m, kind, names[i].data);
            continue;
        }
        snprintf(why, sizeof why,
                 kind == KEY_USERS ? "\"%.80s\" is no name for an account: letters in lower case, "
                                     "digits and -[]\\`_^{}|, at most %d"
                                   : "\"%.80s\" is no name for a profile: letters, digits, '-' and "
                                     "'_', at most %d",
                 names[i].data, REGISTRY_MAX_NAME);
        add_wrong_name(&m->names[kind == KEY_GROUPS], why);
    }
}

/* Removes what the last reading of the index did not name. */
static void table_sweep_names(struct account_model *m, struct table *t, uint32_t pass)
{
    struct entry *e = NULL;
    struct entry *next = NULL;
    HASH_ITER(hh, t->entries, e, next)
    {
        if (e->listed != pass && (e->listed || !m->in_full))
            entry_remove(m, t, e);
    }
}

void account_model_index_end(struct account_model *m, enum key_kind kind)
{
    const struct registry_key key = {.kind = kind};
    const struct telling telling = {m, &key};
    const struct names *names = &m->names[kind == KEY_GROUPS];
    char text[2 * REGISTRY_WHY_SIZE];
    problems_of_key(m, &key, true);
    if (names->nwrong) {
        snprintf(text, sizeof text, "%s; %zu wrong name%s not count", names->wrong, names->nwrong,
                 names->nwrong == 1 ? " does" : "s do");
        tell((void *)&telling, "", text);
    }
    problems_of_key(m, &key, false);
    if (kind == KEY_GROUPS)
        table_sweep_names(m, &m->others[RECORD_GROUP], names->pass);
    for (size_t i = 0; i < ACCOUNT_SHARDS && kind == KEY_USERS; i++)
        table_sweep_names(m, &m->users[i], names->pass);
}

/* ---- Full readings ---- */

void account_model_begin_full(struct account_model *m)
{
    m->full++;
    m->in_full = true;
}

/* Applies every part as missing that was not seen; the entry may be gone after that. */
static void entry_sweep(struct account_model *m, struct table *t, struct entry *e)
{
    if (is_listed_kind(e->record->kind) && !e->listed) {
        entry_remove(m, t, e);
        return;
    }
    struct registry_key keys[RECORD_MAX_PARTS];
    size_t gone = 0;
    t->changed = t->changed || e->unread;
    e->unread = 0;
    for (size_t p = 0; p < record_types[e->record->kind].nparts; p++)
        if (e->read[p] != m->full && (part_holds(e, p) || (!p && e->record->closed) ||
                                      (e->record->unreadable & (UINT32_C(1) << p))))
            keys[gone++] = part_key(e, p);
    for (size_t i = 0; i < gone; i++)
        account_model_apply(m, &keys[i], NULL, 0);
}

static void table_sweep(struct account_model *m, struct table *t)
{
    struct entry *e = NULL;
    struct entry *next = NULL;
    HASH_ITER(hh, t->entries, e, next)
    {
        entry_sweep(m, t, e);
    }
}

void account_model_end_full(struct account_model *m)
{
    m->in_full = false;
    m->complete = true;
    for (size_t i = 0; i < ACCOUNT_SHARDS; i++)
        table_sweep(m, &m->users[i]);
    for (size_t i = 0; i < RECORD_KINDS; i++)
        table_sweep(m, &m->others[i]);
}

/* ---- Snapshots ---- */

bool account_model_changed(const struct account_model *m)
{
    for (size_t i = 0; i < ACCOUNT_SHARDS; i++)
        if (m->users[i].changed)
            return true;
    for (size_t i = 0; i < RECORD_KINDS; i++)
        if (m->others[i].changed)
            return true;
    return false;
}

static struct account_shard *commit_shard(struct table *t, struct account_shard *last)
{
    if (!t->changed)
        return account_shard_ref(last);
    struct account **users = xcalloc(HASH_COUNT(t->entries) + 1, sizeof(struct account *));
    size_t count = 0;
    for (struct entry *e = t->entries; e; e = e->hh.next)
        if (e->listed && !e->unread)
            users[count++] = (struct account *)record_ref(e->record);
    t->changed = false;
    return account_shard_new(users, count);
}

static int by_key(const void *a, const void *b)
{
    const struct entry *x = *(struct entry *const *)a;
    const struct entry *y = *(struct entry *const *)b;
    int order = strcmp(x->key.network, y->key.network);
    if (order || x->record->kind != RECORD_CHANNEL)
        return order ? order : strcmp(x->key.name, y->key.name);
    return strcmp(((struct channel_record *)x->record)->channel,
                  ((struct channel_record *)y->record)->channel);
}

/* A profile whose style is not known lets nobody in: it is as if it were not there. */
static bool is_shown(const struct entry *e)
{
    return e->record->kind != RECORD_GROUP || (e->listed && !e->unread && (e->record->set & 1));
}

/* An array of the records of a kind, sorted; each of them a new reference. */
static void *commit_table(struct table *t, size_t *count)
{
    struct entry **entries = xcalloc(HASH_COUNT(t->entries) + 1, sizeof(struct entry *));
    size_t n = 0;
    for (struct entry *e = t->entries; e; e = e->hh.next)
        if (is_shown(e))
            entries[n++] = e;
    qsort(entries, n, sizeof(struct entry *), by_key);
    struct record **records = xcalloc(n + 1, sizeof(struct record *));
    for (size_t i = 0; i < n; i++)
        records[i] = record_ref(entries[i]->record);
    free(entries);
    *count = n;
    return records;
}

static void commit_policies(struct account_model *m, struct accounts *a)
{
    a->policies = commit_table(&m->others[RECORD_POLICY], &a->npolicies);
    if (!a->npolicies || a->policies[0]->network[0])
        return;
    record_unref(&a->policy->head);
    a->policy = a->policies[0];
    memmove(a->policies, a->policies + 1, --a->npolicies * sizeof(struct policy *));
}

struct accounts *account_model_commit(struct account_model *m, const struct accounts *last)
{
    if (!account_model_changed(m))
        return accounts_ref(last);
    struct accounts *a = accounts_new();
    for (size_t i = 0; i < ACCOUNT_SHARDS; i++) {
        a->shards[i] = commit_shard(&m->users[i], last->shards[i]);
        a->nusers += a->shards[i] ? a->shards[i]->count : 0;
    }
    commit_policies(m, a);
    a->channels = commit_table(&m->others[RECORD_CHANNEL], &a->nchannels);
    a->groups = commit_table(&m->others[RECORD_GROUP], &a->ngroups);
    a->networks = commit_table(&m->others[RECORD_NETWORK], &a->nnetworks);
    for (size_t i = 0; i < RECORD_KINDS; i++)
        m->others[i].changed = false;
    return a;
}

#include <stdlib.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/account_model.h"
#include "registry/load_parts.h"

bool loader_in_steps(enum key_kind kind)
{
    return kind == KEY_USERS || kind == KEY_GROUPS;
}

/* All keys of a user or a profile. */
static void want_all_of(struct loader *l, enum key_kind index, const char *name)
{
    static const enum key_kind of_user[] = {KEY_USER, KEY_USER_CAPABILITIES, KEY_USER_HOSTMASKS,
                                            KEY_USER_SERVICES};
    static const enum key_kind of_group[] = {KEY_GROUP, KEY_GROUP_MEMBERS};
    size_t count = index == KEY_USERS ? 4 : 2;
    struct registry_key key = {0};
    str_copy(key.name, sizeof key.name, name);
    for (size_t i = 0; i < count; i++) {
        key.kind = (index == KEY_USERS ? of_user : of_group)[i];
        loader_want(l, &key, false);
    }
}

/* What is named for the first time is read. While everything is read, that comes by itself. */
static void apply_names(struct loader *l, enum key_kind kind, const redisReply *reply)
{
    struct account_model *accounts = model_accounts(l->model);
    struct model_bytes *names = loader_bytes_of(reply);
    bool *known = xcalloc(reply->elements + 1, sizeof *known);
    for (size_t i = 0; i < reply->elements; i++)
        known[i] = account_model_in_index(accounts, kind, names[i].data);
    account_model_index_add(accounts, kind, names, reply->elements);
    for (size_t i = 0; i < reply->elements && l->state == LOADER_LIVE; i++)
        if (!known[i] && account_model_in_index(accounts, kind, names[i].data))
            want_all_of(l, kind, names[i].data);
    if (l->barrier)
        l->barrier = l->queued;
    free(known);
    free(names);
}

int loader_apply_step(struct loader *l, struct reading *r, const redisReply *reply, bool *more)
{
    struct account_model *accounts = model_accounts(l->model);
    enum key_kind kind = r->parsed.kind;
    char name[KEY_MAX];
    *more = false;
    if (reply->type == REDIS_REPLY_ERROR && loader_wrong_type(reply)) {
        account_model_unreadable(accounts, &r->parsed,
                                 "the key has the wrong type: it must be a set");
        r->cursor[0] = '\0';
        return 0;
    }
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2) {
        loader_give_up(l, key_write(&r->parsed, name, sizeof name), reply);
        return -1;
    }
    if (!r->cursor[0])
        account_model_index_begin(accounts, kind);
    apply_names(l, kind, reply->element[1]);
    *more = strcmp(reply->element[0]->str, "0") != 0;
    str_copy(r->cursor, sizeof r->cursor, *more ? reply->element[0]->str : "");
    if (!*more)
        account_model_index_end(accounts, kind);
    return 0;
}

int loader_apply_account(struct loader *l, const struct registry_key *key, const redisReply *reply)
{
    struct account_model *accounts = model_accounts(l->model);
    char name[KEY_MAX];
    if (loader_in_steps(key->kind))
        return 0; /* was applied step by step */
    if (reply->type == REDIS_REPLY_ERROR && loader_wrong_type(reply)) {
        account_model_unreadable(accounts, key,
                                 key_is_hash(key->kind)
                                     ? "the key has the wrong type: it must be a hash"
                                     : "the key has the wrong type: it must be a set");
        return 0;
    }
    if (reply->type != REDIS_REPLY_ARRAY) {
        loader_give_up(l, key_write(key, name, sizeof name), reply);
        return -1;
    }
    struct model_bytes *items = loader_bytes_of(reply);
    account_model_apply(accounts, key, items, reply->elements);
    free(items);
    return 0;
}

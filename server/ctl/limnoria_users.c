#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/account_overlap.h"
#include "registry/accounts.h"
#include "registry/fields.h"
#include "registry/password.h"
#include "server/ctl/limnoria_lines.h"
#include "server/ctl/limnoria_names.h"

#define MAX_MASKS 20000 /* of all users: each is compared with each */

/* A hostmask of a user, and where it stands. */
struct mask {
    char *text;
    int number;        /* 0: it is here already */
    const char *owner; /* then: whose; borrowed */
};

struct masks {
    struct mask *items;
    size_t count;
    size_t room;
};

/* The user that is read. */
struct user {
    int number; /* of its first line; 0: none yet */
    char *name;
    char *password; /* as it stands there */
    int password_number;
    bool hashed;
    bool secure;
    bool ignored;
    json_t *capabilities;
    json_t *services;
    struct masks masks;
};

struct users {
    struct limnoria *l;
    struct user user;
    struct masks taken;     /* of those who come along */
    json_t *taken_services; /* the same, folded, to whose they are */
};

static struct mask *masks_add(struct masks *masks, const char *text, int number)
{
    if (masks->count == masks->room) {
        masks->room = masks->room ? 2 * masks->room : 8;
        masks->items = xrealloc(masks->items, masks->room * sizeof *masks->items);
    }
    struct mask *mask = &masks->items[masks->count++];
    mask->text = xstrdup(text);
    mask->number = number;
    mask->owner = "";
    return mask;
}

static void masks_free(struct masks *masks)
{
    for (size_t i = 0; i < masks->count; i++)
        free(masks->items[i].text);
    free(masks->items);
    memset(masks, 0, sizeof *masks);
}

static void user_free(struct user *user)
{
    free(user->name);
    str_free_secret(user->password);
    json_decref(user->capabilities);
    json_decref(user->services);
    masks_free(&user->masks);
    memset(user, 0, sizeof *user);
}

/* ---- Lines of a user ---- */

static void read_capability(struct users *u)
{
    char why[REGISTRY_WHY_SIZE];
    if (limnoria_capability(u->user.capabilities, u->l->network, false, u->l->value, why))
        limnoria_note(u->l, "capability \"%.80s\": %s; left out", u->l->value, why);
}

static void read_hostmask(struct users *u)
{
    char why[REGISTRY_WHY_SIZE];
    char mask[LIMNORIA_MASK_SIZE];
    if (limnoria_mask(mask, u->l->value, why) || account_hostmask_check(mask, why, sizeof why)) {
        limnoria_note(u->l, "hostmask \"%.80s\": %s; left out", u->l->value, why);
        return;
    }
    if (u->user.masks.count >= ACCOUNT_MAX_MASKS) {
        limnoria_note(u->l, "hostmask \"%.80s\": a user has %d at most; left out", u->l->value,
                      ACCOUNT_MAX_MASKS);
        return;
    }
    masks_add(&u->user.masks, mask, u->l->number);
}

/* "nicks NETWORK NICK...": accounts of services that are this user. */
static void read_nicks(struct users *u)
{
    char why[REGISTRY_WHY_SIZE];
    const char *value = u->l->value;
    size_t len = strcspn(value, " ");
    if (len != strlen(u->l->network) || strncasecmp(value, u->l->network, len) != 0) {
        limnoria_note(u->l, "nicks of network \"%.*s\", which is not %s: left out",
                      len < 80 ? (int)len : 80, value, u->l->network);
        return;
    }
    for (value += len; *(value += strspn(value, " ")); value += len) {
        len = strcspn(value, " ");
        char *services = xasprintf("%s/%.*s", u->l->network, (int)len, value);
        if (json_array_size(u->user.services) >= ACCOUNT_MAX_MASKS)
            limnoria_note(u->l, "nick \"%.*s\": a user has %d at most; left out", (int)len, value,
                          ACCOUNT_MAX_MASKS);
        else if (account_services_check(services, why, sizeof why))
            limnoria_note(u->l, "nick \"%.*s\": %s; left out", (int)len, value, why);
        else
            json_array_append_new(u->user.services, json_string(services));
        free(services);
    }
}

static void read_text(char **text, const char *value)
{
    str_free_secret(*text);
    *text = xstrdup(value);
}

static void read_line(struct users *u)
{
    struct user *user = &u->user;
    const char *key = u->l->key;
    if (!strcasecmp(key, "name")) {
        read_text(&user->name, u->l->value);
    } else if (!strcasecmp(key, "password")) {
        read_text(&user->password, u->l->value);
        user->password_number = u->l->number;
    } else if (!strcasecmp(key, "hashed")) {
        limnoria_bool(u->l, &user->hashed);
    } else if (!strcasecmp(key, "secure")) {
        limnoria_bool(u->l, &user->secure);
    } else if (!strcasecmp(key, "ignore")) {
        limnoria_bool(u->l, &user->ignored);
    } else if (!strcasecmp(key, "capability")) {
        read_capability(u);
    } else if (!strcasecmp(key, "hostmask")) {
        read_hostmask(u);
    } else if (!strcasecmp(key, "nicks")) {
        read_nicks(u);
    } else if (!strcasecmp(key, "gpgkey")) {
        limnoria_note(u->l, "nobody logs in with a GPG key here: left out");
    } else {
        limnoria_note(u->l, "\"%.40s\" is unknown: left out", key);
    }
}

/* ---- A whole user ---- */

/* "limnoria:SALT|SHA1HEX", allocated; NULL: there is no password, or none that can come along. */
static char *password_record(struct users *u)
{
    const struct user *user = &u->user;
    const char *text = user->password ? user->password : "";
    if (!*text) {
        limnoria_note_at(u->l, user->number, "user %s has no password, and logs in with none",
                         user->name);
        return NULL;
    }
    if (!user->hashed) {
        limnoria_note_at(u->l, user->password_number,
                         "the password of user %s is not hashed: left out; set a new one",
                         user->name);
        return NULL;
    }
    char *record = xasprintf("limnoria:%s", text);
    if (!password_record_valid(record)) {
        limnoria_note_at(u->l, user->password_number,
                         "the password of user %s is no salted SHA-1: left out; set a new one",
                         user->name);
        str_free_secret(record);
        return NULL;
    }
    return record;
}

/* Whether nobody before him has it, or one that matches the same people. */
static bool is_free(struct users *u, const char *name, const struct mask *mask)
{
    for (size_t i = 0; i < u->taken.count; i++) {
        const struct mask *other = &u->taken.items[i];
        if (!strcmp(other->owner, name) || !mask_overlap(mask->text, other->text))
            continue;
        if (other->number)
            limnoria_note_at(u->l, mask->number,
                             "hostmask \"%.80s\" overlaps another user's on line %d, \"%.80s\": "
                             "left out",
                             mask->text, other->number, other->text);
        else
            limnoria_note_at(u->l, mask->number,
                             "hostmask \"%.80s\" overlaps one of the account %s, \"%.80s\": left "
                             "out",
                             mask->text, other->owner, other->text);
        return false;
    }
    return true;
}

static json_t *free_masks(struct users *u, const char *name)
{
    json_t *list = json_array();
    size_t before = u->taken.count;
    for (size_t i = 0; i < u->user.masks.count; i++) {
        const struct mask *mask = &u->user.masks.items[i];
        char *text = xasprintf("%s/%s", u->l->network, mask->text);
        if (before + json_array_size(list) >= MAX_MASKS)
            limnoria_note_at(u->l, mask->number, "there are more than %d hostmasks: left out",
                             MAX_MASKS);
        else if (is_free(u, name, mask))
            json_array_append_new(list, json_string(text));
        free(text);
    }
    return list;
}

/* From now on nobody else may have them. */
static void take_masks(struct users *u, const json_t *list)
{
    size_t i;
    const json_t *item;
    size_t prefix = strlen(u->l->network) + 1;
    for (size_t k = 0; k < u->user.masks.count; k++) {
        const struct mask *mask = &u->user.masks.items[k];
        json_array_foreach((json_t *)list, i, item)
        {
            if (strcmp(json_string_value(item) + prefix, mask->text) != 0)
                continue;
            masks_add(&u->taken, mask->text, mask->number);
            break;
        }
    }
}

/* Those that nobody before him has. */
static json_t *free_services(struct users *u, const char *name)
{
    json_t *list = json_array();
    size_t i;
    const json_t *item;
    json_array_foreach(u->user.services, i, item)
    {
        char *folded = xstrdup(json_string_value(item));
        irc_fold(CASEMAPPING_RFC1459, folded);
        const char *owner = json_string_value(json_object_get(u->taken_services, folded));
        if (owner && strcmp(owner, name) != 0)
            limnoria_note_at(u->l, u->user.number,
                             "account \"%.80s\" of user %s is given to %s: left out",
                             json_string_value(item), name, owner);
        else
            json_array_append(list, (json_t *)item);
        if (!owner)
            json_object_set_new(u->taken_services, folded, json_string(name));
        free(folded);
    }
    return list;
}

/* Of the network: "NET/owner". */
static bool is_owner(const json_t *capabilities)
{
    size_t i;
    const json_t *item;
    json_array_foreach((json_t *)capabilities, i, item)
    {
        const char *slash = strchr(json_string_value(item), '/');
        if (slash && !strcmp(slash, "/owner"))
            return true;
    }
    return false;
}

static bool is_known(const struct users *u, const char *name)
{
    return json_object_get(u->l->known, name) != NULL;
}

/* What those are known by who are here already. */
static void take_known(struct users *u)
{
    const char *name;
    json_t *user;
    size_t i;
    const json_t *item;
    json_object_foreach((json_t *)u->l->known, name, user)
    {
        json_array_foreach(json_object_get(user, "hostmasks"), i, item)
        {
            const char *mask;
            size_t len;
            list_item_split(json_string_value(item), &mask, &len);
            if (!len || (len == strlen(u->l->network) &&
                         !strncmp(json_string_value(item), u->l->network, len)))
                masks_add(&u->taken, mask, 0)->owner = name;
        }
        json_array_foreach(json_object_get(user, "services"), i, item)
        {
            char *folded = xstrdup(json_string_value(item));
            irc_fold(CASEMAPPING_RFC1459, folded);
            json_object_set_new(u->taken_services, folded, json_string(name));
            free(folded);
        }
    }
}

/* His password and flags stay as they are. */
static void keep_known(struct users *u, const char *name, json_t *entry)
{
    if (!is_known(u, name))
        return;
    json_object_del(entry, "password");
    json_object_del(entry, "secure");
    json_object_del(entry, "ignored");
    limnoria_note_at(u->l, u->user.number,
                     "there is an account %s already: it keeps its password, and whether it is "
                     "secure or ignored",
                     name);
}

static void add_user(struct users *u, const char *name, const char *record, json_t *masks,
                     json_t *services)
{
    const struct user *user = &u->user;
    json_t *entry =
        json_pack("{s:b, s:b, s:O, s:O, s:O}", "secure", user->secure, "ignored", user->ignored,
                  "capabilities", user->capabilities, "hostmasks", masks, "services", services);
    if (record)
        json_object_set_new(entry, "password", json_string(record));
    json_object_set_new(json_object_get(u->l->result->document, "users"), name, entry);
    keep_known(u, name, entry);
    limnoria_count(u->l, "users", 1);
    limnoria_count(u->l, "owners", is_owner(user->capabilities));
    limnoria_count(u->l, "capabilities", json_array_size(user->capabilities));
    limnoria_count(u->l, "hostmasks", json_array_size(masks));
    limnoria_count(u->l, "services", json_array_size(services));
}

static void end_user(struct users *u)
{
    struct user *user = &u->user;
    char name[ACCOUNT_MAX_NAME + 1];
    const char *said = user->name ? user->name : "";
    if (!user->number)
        return;
    if (!account_name_valid(said)) {
        limnoria_note_at(
            u->l, user->number,
            "user \"%.80s\": a name is at most %d letters, digits and -[]\\`_^{}|; left "
            "out",
            said, ACCOUNT_MAX_NAME);
        return;
    }
    account_name_fold(name, sizeof name, said);
    if (json_object_get(json_object_get(u->l->result->document, "users"), name)) {
        limnoria_note_at(u->l, user->number, "there is a user %s before: left out", name);
        return;
    }
    if (is_known(u, name) && !u->l->merge) {
        limnoria_note_at(u->l, user->number,
                         "there is an account %s already: left out; with --merge it gets the "
                         "rights and hostmasks of this user, if they are one person",
                         name);
        return;
    }
    char *record = password_record(u);
    json_t *masks = free_masks(u, name);
    json_t *services = free_services(u, name);
    if (!record && !json_array_size(masks) && !json_array_size(services)) {
        limnoria_note_at(u->l, user->number, "nothing is left by which user %s is known: left out",
                         name);
    } else {
        if (user->secure && !json_array_size(masks))
            limnoria_note_at(u->l, user->number,
                             "user %s is secure and has no hostmask: add one, or nobody is %s",
                             name, name);
        add_user(u, name, record, masks, services);
        take_masks(u, masks);
    }
    str_free_secret(record);
    json_decref(masks);
    json_decref(services);
}

void limnoria_users(struct limnoria *l)
{
    struct users u = {.l = l, .taken_services = json_object()};
    take_known(&u);
    while (limnoria_next(l)) {
        if (!strcasecmp(l->key, "user")) {
            end_user(&u);
            user_free(&u.user);
            u.user = (struct user){
                .number = l->number, .capabilities = json_array(), .services = json_array()};
        } else if (u.user.number) {
            read_line(&u);
        } else {
            limnoria_note(l, "\"%.40s\" belongs to no user: left out", l->key);
        }
    }
    end_user(&u);
    user_free(&u.user);
    masks_free(&u.taken);
    json_decref(u.taken_services);
}

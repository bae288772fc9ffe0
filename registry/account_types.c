#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "registry/accounts.h"
#include "registry/fields.h"
#include "registry/ignores.h"
#include "registry/password.h"
#include "registry/record.h"

/* The rows of all records, and the types of scalars that they alone have. */

/* ---- Texts of a certain kind ---- */

static void text_copy(void *dst, const void *src)
{
    field_type_text.copy(dst, src);
}

static void text_clear(void *value)
{
    field_type_text.clear(value);
}

static bool text_equal(const void *a, const void *b)
{
    return field_type_text.equal(a, b);
}

static void text_write(const void *value, struct buf *out)
{
    field_type_text.write(value, out);
}

static int password_parse(const char *text, void *value, char *why, size_t why_size)
{
    if (*text && !password_record_valid(text)) {
        snprintf(why, why_size,
                 "is no record of a password: set one with seshetctl, which writes it");
        return -1;
    }
    return field_type_text.parse(text, value, why, why_size);
}

static const struct field_type type_password = {.size = sizeof(char *),
                                                .parse = password_parse,
                                                .copy = text_copy,
                                                .clear = text_clear,
                                                .equal = text_equal,
                                                .write = text_write,
                                                .expects = "a record of a password"};

static int nick_parse(const char *text, void *value, char *why, size_t why_size)
{
    bool wrong = strlen(text) > REGISTRY_MAX_NAME || isdigit((unsigned char)*text) ||
                 *text == '-' || strpbrk(text, " ,*?!@:#&$%") != NULL;
    for (const char *s = text; *s && !wrong; s++)
        wrong = iscntrl((unsigned char)*s) || !isascii((unsigned char)*s);
    if (wrong) {
        snprintf(why, why_size, "must be a nickname of at most %d bytes", REGISTRY_MAX_NAME);
        return -1;
    }
    return field_type_text.parse(text, value, why, why_size);
}

static const struct field_type type_nick = {.size = sizeof(char *),
                                            .parse = nick_parse,
                                            .copy = text_copy,
                                            .clear = text_clear,
                                            .equal = text_equal,
                                            .write = text_write,
                                            .expects = "a nickname"};

/* ---- One word of a few ---- */

static const char *const registrations[] = {"open", "closed"};
static const char *const styles[] = {"nickserv", "user", "nick", "password"};

const char *auth_style_name(enum auth_style style)
{
    return styles[style];
}

static int word_parse(const char *text, void *value, const char *const *words, int count)
{
    for (int i = 0; i < count; i++)
        if (!strcmp(text, words[i])) {
            *(int *)value = i;
            return 0;
        }
    return -1;
}

static void word_copy(void *dst, const void *src)
{
    memcpy(dst, src, sizeof(int));
}

static bool word_equal(const void *a, const void *b)
{
    return *(const int *)a == *(const int *)b;
}

static void word_clear(void *value)
{
    (void)value;
}

static int registration_parse(const char *text, void *value, char *why, size_t why_size)
{
    if (!word_parse(text, value, registrations, 2))
        return 0;
    snprintf(why, why_size, "must be open or closed");
    return -1;
}

static void registration_write(const void *value, struct buf *out)
{
    field_type_text.write(&registrations[*(const int *)value], out);
}

static int style_parse(const char *text, void *value, char *why, size_t why_size)
{
    if (!word_parse(text, value, styles, 4))
        return 0;
    snprintf(why, why_size, "must be nickserv, user, nick or password");
    return -1;
}

static void style_write(const void *value, struct buf *out)
{
    field_type_text.write(&styles[*(const int *)value], out);
}

static const struct field_type type_registration = {.size = sizeof(int),
                                                    .parse = registration_parse,
                                                    .copy = word_copy,
                                                    .clear = word_clear,
                                                    .equal = word_equal,
                                                    .write = registration_write,
                                                    .expects = "open or closed"};
static const struct field_type type_style = {.size = sizeof(int),
                                             .parse = style_parse,
                                             .copy = word_copy,
                                             .clear = word_clear,
                                             .equal = word_equal,
                                             .write = style_write,
                                             .expects = "nickserv, user, nick or password"};
_Static_assert(sizeof(enum auth_style) == sizeof(int) &&
                   sizeof(enum policy_registration) == sizeof(int),
               "words are read as int");

/* ---- Rows ---- */

static const struct record_field user_fields[] = {
    {"password", &type_password, offsetof(struct account, password), "", NULL,
     "nobody logs in with a password", true, true},
    {"secure", &field_type_bool, offsetof(struct account, secure), "no", "yes", "yes counts", false,
     false},
    {"ignored", &field_type_bool, offsetof(struct account, said_ignored), "no", "yes", "yes counts",
     false, false},
};

static const struct record_field policy_fields[] = {
    {"default_allow", &field_type_bool, offsetof(struct policy, said_default_allow), "yes", "no",
     "no counts", false, false},
    {"default_ignore", &field_type_bool, offsetof(struct policy, default_ignore), "no", "yes",
     "yes counts", false, false},
    {"registration", &type_registration, offsetof(struct policy, registration), "open", "closed",
     "closed counts", false, false},
};

static const struct record_field channel_fields[] = {
    {"default_allow", &field_type_bool, offsetof(struct channel_record, said_default_allow), "yes",
     "no", "no counts", false, false},
    {"lobotomized", &field_type_bool, offsetof(struct channel_record, lobotomized), "no", "yes",
     "yes counts", false, false},
};

static const struct record_field group_fields[] = {
    {"style", &type_style, offsetof(struct auth_group, style), "user", NULL,
     "the profile lets nobody in", false, false},
    {"password", &type_password, offsetof(struct auth_group, password), "", NULL,
     "nobody gets in with a password", true, true},
    {"description", &field_type_text, offsetof(struct auth_group, description), "", NULL,
     "there is none", false, false},
};

static const struct record_field network_fields[] = {
    {"nick", &type_nick, offsetof(struct network_record, nick), "", NULL, "the file's counts",
     false, false},
};

static int check_channel(const char *item, char *why, size_t why_size)
{
    return list_item_check(LIST_ECHANNELS, item, why, why_size);
}

/* ---- What follows ---- */

#define BIT(n) (UINT32_C(1) << (n))

static void settle_user(struct record *r)
{
    struct account *a = (struct account *)r;
    a->ignored = a->said_ignored || (r->unreadable & BIT(1));
}

static void settle_policy(struct record *r)
{
    struct policy *p = (struct policy *)r;
    uint32_t says = r->set | r->closed;
    /* A set that cannot be read may hold anticapabilities. */
    bool closed = r->unreadable & (BIT(1) | BIT(2));
    p->default_allow = p->said_default_allow && !closed;
    p->has_default_allow = closed || (says & BIT(0));
    p->has_default_ignore = says & BIT(1);
    p->has_registration = says & BIT(2);
}

static void settle_channel(struct record *r)
{
    struct channel_record *c = (struct channel_record *)r;
    c->default_allow = c->said_default_allow && !(r->unreadable & BIT(1));
}

#define COUNT(rows) (rows), sizeof(rows) / sizeof *(rows)
const struct record_type record_types[RECORD_KINDS] = {
    [RECORD_USER] = {sizeof(struct account),
                     COUNT(user_fields),
                     {{.key = KEY_USER, .name = "", .type = PART_HASH},
                      {KEY_USER_CAPABILITIES, "capabilities", PART_CAPABILITIES,
                       offsetof(struct account, capabilities), CAPABILITY_MAX_SET, NULL},
                      {KEY_USER_HOSTMASKS, "hostmasks", PART_ITEMS,
                       offsetof(struct account, hostmasks), ACCOUNT_MAX_MASKS,
                       account_hostmask_check},
                      {KEY_USER_SERVICES, "services", PART_ITEMS,
                       offsetof(struct account, services), ACCOUNT_MAX_MASKS,
                       account_services_check}},
                     4,
                     settle_user},
    [RECORD_POLICY] = {sizeof(struct policy),
                       COUNT(policy_fields),
                       {{.key = KEY_POLICY, .name = "", .type = PART_HASH},
                        {KEY_POLICY_CAPABILITIES, "capabilities", PART_CAPABILITIES,
                         offsetof(struct policy, capabilities), CAPABILITY_MAX_SET, NULL},
                        {KEY_POLICY_REGISTERED, "registered", PART_CAPABILITIES,
                         offsetof(struct policy, registered), CAPABILITY_MAX_SET, NULL}},
                       3,
                       settle_policy},
    [RECORD_CHANNEL] = {sizeof(struct channel_record),
                        COUNT(channel_fields),
                        {{.key = KEY_CHANNEL, .name = "", .type = PART_HASH},
                         {KEY_CHANNEL_CAPABILITIES, "capabilities", PART_CAPABILITIES,
                          offsetof(struct channel_record, capabilities), CAPABILITY_MAX_SET, NULL},
                         {KEY_CHANNEL_IGNORES, "ignores", PART_IGNORES,
                          offsetof(struct channel_record, ignores), FIELD_MAX_ITEMS, NULL}},
                        3,
                        settle_channel},
    [RECORD_GROUP] = {sizeof(struct auth_group),
                      COUNT(group_fields),
                      {{.key = KEY_GROUP, .name = "", .type = PART_HASH},
                       {KEY_GROUP_MEMBERS, "members", PART_ITEMS,
                        offsetof(struct auth_group, members), FIELD_MAX_ITEMS, auth_member_check}},
                      2,
                      NULL},
    [RECORD_NETWORK] = {sizeof(struct network_record),
                        COUNT(network_fields),
                        {{.key = KEY_NETWORK, .name = "", .type = PART_HASH},
                         {KEY_NETWORK_CHANNELS, "channels", PART_ITEMS,
                          offsetof(struct network_record, channels), FIELD_MAX_ITEMS,
                          check_channel}},
                        2,
                        NULL},
};

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/dotted.h"
#include "server/stage/stage.h"

/* What the module finds. */

static void set_text(char **at, const char *text)
{
    free(*at);
    *at = xstrdup(text);
}

int seshet_test_network(seshet_test *t, const char *name)
{
    if (t->generation || !registry_network_valid(name))
        return -1;
    set_text(&t->network, name);
    return 0;
}

int seshet_test_own_nick(seshet_test *t, const char *nick)
{
    char *old = xstrdup(irc_state_nick(t->state));
    int called = seshet_test_nick(t, old, nick);
    free(old);
    return called < 0 ? -1 : 0;
}

int seshet_test_bot(const seshet_test *t, char *dst, size_t size)
{
    const char *nick = irc_state_nick(t->state);
    return str_copy(dst, size, nick) ? (int)strlen(nick) : SESHET_ESIZE;
}

int seshet_test_casemapping(seshet_test *t, const char *name)
{
    char line[128];
    if (strcmp(casemapping_name(casemapping_parse(name)), name) != 0 || !t->connected)
        return -1;
    set_text(&t->casemapping, name);
    snprintf(line, sizeof line, ":irc.test 005 %.64s CASEMAPPING=%s :are supported",
             irc_state_nick(t->state), name);
    return stage_line(t, line) < 0 ? -1 : 0;
}

/* Members of channels are known: the network tells what has changed (RPL_WHOSPCRPL). */
static void tell(seshet_test *t, const struct stage_user *user)
{
    char *line = xasprintf(":irc.test 354 %s " IRC_WHOX_TOKEN " * %s %s %s H %s :%s",
                           irc_state_nick(t->state), user->user, user->host, user->nick,
                           user->account ? user->account : "0", user->nick);
    stage_line(t, line);
    free(line);
}

int seshet_test_user(seshet_test *t, const char *nick, const char *user, const char *host,
                     const char *account)
{
    if (!is_nick(nick) || (user && !is_word(user)) || (host && !is_word(host)) ||
        (account && !is_account(account)))
        return -1;
    struct stage_user *u = stage_user_find(t, nick);
    if (user)
        set_text(&u->user, user);
    if (host)
        set_text(&u->host, host);
    free(u->account);
    u->account = xstrdup_null(account);
    tell(t, u);
    return 0;
}

int seshet_test_known(seshet_test *t, const char *nick, const char *account)
{
    char name[SESHET_ACCOUNT_SIZE];
    if (!is_nick(nick) || (account && (!is_account(account) || strlen(account) >= sizeof name)))
        return -1;
    irc_fold_copy(CASEMAPPING_ASCII, name, sizeof name, account ? account : "");
    set_text(&stage_user_find(t, nick)->known, name);
    return 0;
}

int seshet_test_grant(seshet_test *t, const char *nick, const char *capability, int on)
{
    struct capability c;
    char why[REGISTRY_WHY_SIZE];
    if (!is_nick(nick) || capability_parse(&c, capability, why, sizeof why) || *c.network)
        return -1;
    rights_give(stage_user_find(t, nick)->rights, irc_state_isupport(t->state)->casemapping, &c,
                on != 0);
    return 0;
}

/* Its number; -1: that is not allowed. */
static int set_field(seshet_test *t, const char *name, const char *value)
{
    char why[REGISTRY_WHY_SIZE];
    enum module_field field;
    const char *command;
    if (module_field_parse_name(name, &field, &command, why, sizeof why))
        return -1;
    int result = command ? dotted_parse(&t->fields, field, command, value, why, sizeof why)
                         : module_fields_parse(&t->fields, field, value, why, sizeof why);
    return result ? -1 : (int)field;
}

static void copy_fields(struct module_fields *dst, const struct module_fields *src)
{
    module_fields_init(dst);
    for (int i = 0; i < FIELD_COUNT; i++)
        module_fields_copy_one(dst, src, (enum module_field)i);
    dotted_merge(dst, src);
}

/* In a server, another group or other permissions mean another process. */
static bool is_told(int field)
{
    return field != FIELD_GROUP && field != FIELD_PERMISSIONS &&
           !(module_field_rows[field].flags & FIELD_SERVER);
}

int seshet_test_field(seshet_test *t, const char *name, const char *value)
{
    struct module_fields old;
    copy_fields(&old, &t->fields);
    int field = set_field(t, name, value);
    bool changed = field >= 0 && !module_fields_equal(&old, &t->fields);
    module_fields_clear(&old);
    if (field == FIELD_ENABLED && changed) {
        bool on = t->fields.enabled;
        t->fields.enabled = !on;
        return seshet_test_enable(t, on);
    }
    if (changed && is_told(field) && t->generation)
        generation_send_life(t->generation, IPC_EVENT_CONFIG);
    return field < 0 ? -1 : 0;
}

int seshet_test_permit(seshet_test *t, const char *permissions)
{
    if (set_field(t, "permissions", permissions) < 0)
        return -1;
    if (t->generation)
        t->generation->host.permissions = t->fields.permissions;
    return 0;
}

char stage_prefix(const struct seshet_test *t)
{
    return t->fields.cmd_prefix ? t->fields.cmd_prefix : STAGE_PREFIX;
}

/* ---- Storage --------------------------------------------------------------------------------- */

static struct module_sessions *place(const seshet_test *t, seshet_scope scope, const char **network)
{
    *network = scope == SESHET_SHARED ? "" : t->network;
    return scope == SESHET_SESSION ? t->session : t->storage;
}

int seshet_test_store(seshet_test *t, seshet_scope scope, const char *key, const char *value)
{
    const char *network;
    struct module_sessions *s = place(t, scope, &network);
    if (!*key || strlen(key) > IPC_KEY_MAX || (value && strlen(value) > IPC_VALUE_MAX))
        return -1;
    return module_session_set(s, network, STAGE_OWNER, key, value) < 0 ? -1 : 0;
}

const char *seshet_test_stored(seshet_test *t, seshet_scope scope, const char *key)
{
    const char *network;
    const struct module_sessions *s = place(t, scope, &network);
    return module_session_get(s, network, STAGE_OWNER, key);
}

void seshet_test_storage_away(seshet_test *t, int away)
{
    t->storage_away = away != 0;
}

#include "registry/capability.h"

#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "registry/registry.h"
#include "server/admin/capability_ask.h"
#include "server/core/core.h"
#include "server/core/run.h"

static const struct accounts *accounts_of(const struct command_call *call)
{
    return snapshot_accounts(registry_snapshot(call->network->server->registry));
}

bool core_has_parsed(const struct command_call *call, const struct capability *c)
{
    char text[CAPABILITY_MAX + 1];
    struct capability bare = *c;
    /* Who may not give a capability may not take it away either, in whichever way. */
    bare.anti = false;
    bare.network[0] = '\0';
    capability_write(&bare, text, sizeof text);
    return core_has(call, c->network, text);
}

void core_deny_parsed(const struct command_call *call, const struct capability *c)
{
    char text[CAPABILITY_MAX + 1];
    struct capability needed = *c;
    needed.anti = false;
    capability_write(&needed, text, sizeof text);
    command_reply(call,
                  "Not done: you can neither give nor take away \"%s\", which you do not "
                  "have yourself%s.",
                  text, *c->network ? "" : " on every network");
}

/* ---- The capabilities of an account -----------------------------------------------------------
 */

static void edit(const struct command_call *call, bool add)
{
    char name[CORE_WORD_SIZE];
    char text[CORE_WORD_SIZE];
    char why[REGISTRY_WHY_SIZE];
    struct capability c;
    if (*core_word(core_word(call->args, name), text) || !*text) {
        core_reply_usage(call);
        return;
    }
    if (capability_parse(&c, text, why, sizeof why)) {
        command_reply(call, "Not done: %s", why);
        return;
    }
    if (!core_has(call, c.network, "admin")) {
        if (!*c.network && core_has(call, call->network->key, "admin"))
            command_reply(call,
                          "Not done: you administer this network only. Say %s/%.300s to give or "
                          "take it here.",
                          call->network->key, text);
        else
            core_deny(call, "admin");
        return;
    }
    if (core_has_parsed(call, &c))
        core_edit_capability(call, &(struct capability_place){.holder = HOLDER_USER, .name = name},
                             &c, add);
    else
        core_deny_parsed(call, &c);
}

void core_capability_add(const struct command_call *call)
{
    edit(call, true);
}

void core_capability_remove(const struct command_call *call)
{
    edit(call, false);
}

/* How the channel in the name compares: as on its network, or where the command is said. */
static enum casemapping casemapping_of(const struct command_call *call, const char *network)
{
    const struct network *n =
        *network ? network_find(call->network->server, network) : call->network;
    return n ? irc_state_isupport(n->state)->casemapping : CASEMAPPING_RFC1459;
}

void core_edit_capability(const struct command_call *call, const struct capability_place *place,
                          const struct capability *c, bool add)
{
    char text[CAPABILITY_MAX + 1];
    char why[REGISTRY_WHY_SIZE];
    struct capability_place where = *place;
    const char *whose = place->holder == HOLDER_USER         ? place->name
                        : place->holder == HOLDER_REGISTERED ? "the set for registered users"
                        : place->holder == HOLDER_CHANNEL    ? call->channel
                                                             : "the default set";
    const char *network = *c->network ? c->network : place->network ? place->network : "";
    const bool known = !*network || network_find(call->network->server, network);
    struct registry_edit *e = registry_edit_new();
    where.casemapping = casemapping_of(call, network);
    capability_write(c, text, sizeof text);
    if (registry_edit_capability(e, &where, text, add, why, sizeof why)) {
        core_refuse_edit(call, e, why);
        return;
    }
    char *done = xasprintf("%s %s %s.%s%s%s", whose, add ? "now has" : "no longer has", text,
                           known ? "" : " But I know no network ", known ? "" : network,
                           known ? "" : "; another server may have it.");
    if (add)
        core_commit(call, e, done);
    else
        core_commit_or(call, e, done, xasprintf("%s had not %s.", whose, text));
}

void core_write_set(struct buf *text, const struct capability_set *set)
{
    char name[CAPABILITY_MAX + 1];
    for (size_t i = 0; i < capability_set_count(set); i++)
        buf_printf(text, "%s%s", i ? ", " : "",
                   capability_write(capability_set_at(set, i), name, sizeof name));
    if (!capability_set_count(set))
        buf_printf(text, "none");
}

/* The account that the first word names, for an administrator; without a word the source's own.
 * False after an answer. */
static bool account_asked(const struct command_call *call, const char *name,
                          const struct account **account)
{
    const struct auth_source source = core_source(call);
    *account = auth_account(call->network, &source);
    if (!*name)
        return true;
    const struct account *named = accounts_user(accounts_of(call), name);
    if (named && named == *account)
        return true;
    if (!core_need(call, call->network->key, "admin"))
        return false;
    *account = named;
    if (!named)
        command_reply(call, "There is no account \"%.60s\".", name);
    return named != NULL;
}

/* What the account has on another network is the business of those who administer that. */
static bool may_see(const struct command_call *call, const struct account *account,
                    const char *network)
{
    const struct auth_source source = core_source(call);
    return !*network || !strcmp(network, call->network->key) || !account ||
           account == auth_account(call->network, &source) || core_has(call, network, "admin");
}

static void write_visible(struct buf *text, const struct command_call *call,
                          const struct account *account)
{
    char name[CAPABILITY_MAX + 1];
    const struct capability_set *set = account->capabilities;
    size_t told = 0;
    for (size_t i = 0; i < capability_set_count(set); i++) {
        const struct capability *c = capability_set_at(set, i);
        if (may_see(call, account, c->network))
            buf_printf(text, "%s%s", told++ ? ", " : "", capability_write(c, name, sizeof name));
    }
    if (!told)
        buf_printf(text, "none");
}

void core_capability_list(const struct command_call *call)
{
    char name[CORE_WORD_SIZE];
    const struct account *account;
    struct buf text = {0};
    core_word(call->args, name);
    if (!account_asked(call, name, &account))
        return;
    if (!account) {
        command_reply(call, "I do not know who you are, so you have what the defaults give: "
                            "default capability list.");
        return;
    }
    buf_printf(&text, "%s has: ", account->name);
    write_visible(&text, call, account);
    core_reply_buf(call, &text);
}

/* ---- The check --------------------------------------------------------------------------------
 */

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* "dice.roll: no, -roll by default_set: ... (-roll). It needs ..." */
static void write_result(struct buf *text, const char *command, const json_t *result)
{
    size_t i;
    const json_t *note;
    const char *item = text_of(result, "item");
    if (*command)
        buf_printf(text, "%s: ", command);
    else
        buf_printf(text, "%s: ", text_of(result, "asked"));
    buf_printf(text, "%s,", json_is_true(json_object_get(result, "allowed")) ? "yes" : "no");
    if (*command)
        buf_printf(text, " %s", text_of(result, "asked"));
    buf_printf(text, " by %s: %s", text_of(result, "step"), text_of(result, "sentence"));
    if (*item)
        buf_printf(text, " (%s)", item);
    if (*text_of(result, "needs"))
        buf_printf(text, ". It needs %s", text_of(result, "needs"));
    json_array_foreach(json_object_get(result, "notes"), i, note)
    {
        buf_printf(text, ". Note: %s", json_string_value(note));
    }
}

static void check(const struct command_call *call, const struct account *account,
                  const struct capability_question *question)
{
    struct buf text = {0};
    char *error = NULL;
    char why[REGISTRY_WHY_SIZE];
    struct capability c;
    if (!capability_parse(&c, question->capability, why, sizeof why) &&
        !may_see(call, account, c.network)) {
        core_deny(call, "admin");
        return;
    }
    json_t *result = json_object();
    if (capability_ask(call->network, account, question, result, &error)) {
        command_reply(call, "%s", error);
    } else {
        write_result(&text, question->command, result);
        core_reply_buf(call, &text);
    }
    json_decref(result);
    free(error);
}

/* [NAME] CAPABILITY, or [NAME] --command MODULE.COMMAND */
void core_capability_check(const struct command_call *call)
{
    char name[CORE_WORD_SIZE] = "";
    char word[CORE_WORD_SIZE];
    const struct account *account;
    const char *rest = core_word(call->args, word);
    if (*rest && strcmp(word, "--command") != 0) {
        memcpy(name, word, sizeof name);
        rest = core_word(rest, word);
    }
    bool command = !strcmp(word, "--command");
    if (command)
        rest = core_word(rest, word);
    if (!*word || *rest)
        core_reply_usage(call);
    else if (!account_asked(call, name, &account))
        return;
    else if (command)
        check(call, account,
              &(struct capability_question){"", word,
                                            call->event->is_private ? "" : call->event->channel});
    else
        check(call, account, &(struct capability_question){word, "", ""});
}

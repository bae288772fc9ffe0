#include "server/route/facts.h"

#include <ctype.h>

#include "server/admin/commands.h"
#include "server/identities.h"
#include "server/route/address.h"
#include "server/route/flood_guard.h"

bool facts_is_ours(const struct network *n, const char *nick, bool is_me)
{
    char folded[IRC_STATE_MAX_NAME + 1];
    if (is_me)
        return true;
    if (!n->place || !identity_place_shared(n->place))
        return false;
    irc_fold_copy(irc_state_isupport(n->state)->casemapping, folded, sizeof folded, nick);
    return identity_place_has(n->place, folded);
}

void facts_begin(struct decide_facts *facts, const struct network *n, bool ours, bool limited)
{
    *facts = (struct decide_facts){.network = n->key,
                                   .view = n->view,
                                   .me = irc_state_nick(n->state),
                                   .ours = ours,
                                   .flood = limited ? n->server->flood : NULL,
                                   .source_rate = flood_guard_source(n->server->guard)};
}

bool facts_secret(const struct network *n, const struct address *said)
{
    const struct core_command *core = NULL;
    /* To the bot itself, whatever prefix: who mistakes it has said his password all the same. */
    bool prefixed = *said->word == n->view->default_prefix ||
                    (said->direct && ispunct((unsigned char)*said->word));
    if (said->direct || prefixed)
        core = core_command_find(said->word + prefixed, said->args);
    return core && core->secret;
}

uint32_t facts_handles(const struct module_decl *module)
{
    return module->events | (module->ncommands ? EVENT_BIT(EVENT_COMMAND) : 0);
}

void facts_module(struct decide_facts *facts, const struct modhost *host,
                  const struct module_decl *module)
{
    bool runs = module && module->present;
    facts->no_file = !runs;
    facts->handles_known = runs;
    facts->handles = runs ? facts_handles(module) : 0;
    facts->not_loaded = runs && host ? modhost_refused(host, module) : NULL;
    facts->quarantined = module && host ? modhost_quarantined(host, module) : NULL;
}

#include "server/facts.h"

#include "server/flood_guard.h"
#include "server/identities.h"

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

void facts_module(struct decide_facts *facts, const struct module_decl *module)
{
    facts->no_file = !module || !module->present;
}

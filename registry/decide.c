#include "registry/decide.h"

static const struct {
    const char *name;
    bool allowed;
    const char *sentence;
} reasons[] = {
#define X(name, number, text, allowed, sentence) [number] = {text, allowed, sentence},
    DECIDE_REASON_LIST(X)
#undef X
};

const char *decide_reason_name(enum decide_reason reason)
{
    return reasons[reason].name;
}

const char *decide_reason_sentence(enum decide_reason reason)
{
    return reasons[reason].sentence;
}

static struct decision because(enum decide_reason reason, const char *item,
                               const struct decide_place *place)
{
    return (struct decision){reasons[reason].allowed, reason, item, place};
}

/* The list's item that is present, or NULL. place is NULL for a private message. */
static const char *nick_present(const struct module_view *m, enum module_list list,
                                const struct decide_facts *facts, const struct decide_place *place)
{
    const struct name_set *set = &m->lists[list];
    bool bot_is_there = !place || place->has;
    if (set->me && bot_is_there)
        return LIST_ITEM_ME;
    for (size_t i = 0; i < set->count && bot_is_there; i++) {
        const char *nick = set->names[i];
        bool there = place ? place->has(place->ctx, nick)
                           : irc_equal(m->casemapping, nick, facts->nick) ||
                                 irc_equal(m->casemapping, nick, facts->me);
        if (there)
            return nick;
    }
    return NULL;
}

static bool channel_listed(const struct module_view *m, enum module_list list,
                           const struct decide_place *place)
{
    return place && name_set_has(&m->lists[list], m->casemapping, place->channel);
}

/* Rules 5 to 9. */
static struct decision decide_place(const struct module_view *m, const struct decide_facts *facts,
                                    const struct decide_place *place)
{
    const char *nick;
    if (channel_listed(m, LIST_DCHANNELS, place))
        return because(DECIDE_DCHANNEL, place->channel, place);
    if ((nick = nick_present(m, LIST_DNICKS, facts, place)))
        return because(DECIDE_DNICK, nick, place);
    if (channel_listed(m, LIST_ECHANNELS, place))
        return because(DECIDE_ECHANNEL, place->channel, place);
    if ((nick = nick_present(m, LIST_ENICKS, facts, place)))
        return because(DECIDE_ENICK, nick, place);
    return because(DECIDE_NO_RULE, NULL, place);
}

struct decision decide_module(const struct module_view *m, const struct decide_facts *facts)
{
    if (!m->fields.enabled)
        return because(DECIDE_DISABLED, NULL, NULL);
    if (m->fields.event_types && !(m->fields.event_types & EVENT_BIT(facts->type)))
        return because(DECIDE_EVENT_TYPE, NULL, NULL);
    if (facts->is_private)
        return decide_place(m, facts, NULL);
    if (!facts->nplaces)
        return because(facts->type == EVENT_QUIT || facts->type == EVENT_NICK ? DECIDE_NOWHERE
                                                                              : DECIDE_NO_PLACE,
                       NULL, NULL);
    struct decision first = decide_place(m, facts, &facts->places[0]);
    for (size_t i = 1; i < facts->nplaces && !first.allowed; i++) {
        struct decision d = decide_place(m, facts, &facts->places[i]);
        if (d.allowed)
            return d;
    }
    return first;
}

#include "registry/decide.h"

#include <stddef.h>

#include "base/permission.h"

static const struct {
    const char *name;
    bool allowed;
    const char *sentence;
    const char *otherwise;
} reasons[DECIDE_REASON_END] = {
#define X(name, number, text, allowed, sentence, otherwise)                                        \
    [number] = {text, allowed, sentence, otherwise},
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

const char *decide_reason_otherwise(enum decide_reason reason)
{
    return reasons[reason].otherwise;
}

/* A decision on its way. Once it is refused, the rules that follow are only named to the trace. */
struct deciding {
    const struct module_view *m;
    const struct decide_facts *facts;
    const struct decide_trace *trace; /* or NULL */
    struct decision decision;
    bool refused;
};

static bool done(const struct deciding *d)
{
    return d->refused && !d->trace;
}

static void tell(const struct deciding *d, const struct decide_step *step)
{
    if (d->trace)
        d->trace->step(d->trace->arg, step);
}

static void skip(const struct deciding *d, enum decide_reason rule)
{
    if (d->trace)
        tell(d, &(struct decide_step){.rule = rule, .outcome = DECIDE_SKIPPED});
}

static void settle(struct deciding *d, const struct decide_step *step)
{
    d->decision.allowed = reasons[step->rule].allowed;
    d->decision.reason = step->rule;
    d->decision.item = step->item;
    d->decision.place = step->place;
    d->refused = !d->decision.allowed;
}

/* A rule that refuses when it applies; the rest of the step is filled in by the caller. */
static void refuse_step_if(struct deciding *d, bool applies, struct decide_step *step)
{
    if (d->refused) {
        skip(d, step->rule);
        return;
    }
    step->outcome = applies ? DECIDE_REFUSES : DECIDE_PASSES;
    step->decides = applies;
    step->place = d->decision.place;
    if (applies) {
        settle(d, step);
        if (step->hit)
            d->decision.hit = *step->hit;
    }
    tell(d, step);
}

/* Nearly all rules of nearly all decisions pass, and nobody asks why: no step is made then. */
static inline void refuse_if(struct deciding *d, bool applies, enum decide_reason rule,
                             const char *item)
{
    if (!applies && !d->trace)
        return;
    refuse_step_if(d, applies, &(struct decide_step){.rule = rule, .item = item});
}

/* ---- Rules 1 to 4: the module and the source ---- */

bool decide_may_get(const struct module_view *m, enum event_type type)
{
    return type != EVENT_RAW || m->fields.permissions & PERMISSION_RAW;
}

/* What the definition says, and what the file says, where they say something. */
static bool handles(const struct module_view *m, const struct decide_facts *facts)
{
    uint32_t types = m->fields.event_types;
    uint32_t type = EVENT_BIT(facts->type);
    return (!types || types & type) && (!facts->handles_known || facts->handles & type);
}

static void module_rules(struct deciding *d)
{
    bool may_get = decide_may_get(d->m, d->facts->type);
    refuse_if(d, !d->m->fields.enabled, DECIDE_DISABLED, NULL);
    refuse_if(d, !may_get || !handles(d->m, d->facts), DECIDE_EVENT_TYPE,
              may_get ? NULL : "it lacks the permission raw");
}

static bool mask_list_empty(const struct mask_list *list)
{
    return !list->shared && !list->own;
}

static void mask_rules(struct deciding *d)
{
    const struct mask_list *black = module_view_masks(d->m, LIST_BLACKLIST);
    const struct mask_list *white = module_view_masks(d->m, LIST_WHITELIST);
    const struct mask_source *source = d->facts->source;
    struct mask_source made;
    const char *mask = NULL;
    /* An event without a source is on no list. */
    bool ask =
        !d->refused && *d->facts->nick && !(mask_list_empty(black) && mask_list_empty(white));
    if (ask && !source) {
        mask_source_init(&made, d->m->casemapping, d->facts->nick, d->facts->user, d->facts->host,
                         d->facts->account);
        source = &made;
    }
    if (ask)
        mask = mask_list_match(black, source);
    refuse_if(d, mask != NULL, DECIDE_BLACKLIST, mask);
    if (d->refused) {
        skip(d, DECIDE_WHITELIST);
        return;
    }
    mask = ask ? mask_list_match(white, source) : NULL;
    struct decide_step step = {.rule = DECIDE_WHITELIST,
                               .outcome = mask ? DECIDE_ALLOWS : DECIDE_PASSES,
                               .item = mask,
                               .decides = mask != NULL};
    d->decision.whitelisted = mask != NULL;
    if (mask)
        settle(d, &step);
    tell(d, &step);
}

/* ---- Rules 5 to 11: the place ---- */

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

/* Rules 5 to 9: the first that applies, and its item. */
static enum decide_reason place_rule(const struct module_view *m, const struct decide_facts *facts,
                                     const struct decide_place *place, const char **item)
{
    *item = place ? place->channel : NULL;
    if (channel_listed(m, LIST_DCHANNELS, place))
        return DECIDE_DCHANNEL;
    if ((*item = nick_present(m, LIST_DNICKS, facts, place)))
        return DECIDE_DNICK;
    *item = place ? place->channel : NULL;
    if (channel_listed(m, LIST_ECHANNELS, place))
        return DECIDE_ECHANNEL;
    if ((*item = nick_present(m, LIST_ENICKS, facts, place)))
        return DECIDE_ENICK;
    return DECIDE_NO_RULE;
}

static void tell_place(const struct deciding *d, const struct decide_step *applied)
{
    for (enum decide_reason rule = DECIDE_DCHANNEL; d->trace && rule <= DECIDE_NO_RULE; rule++) {
        struct decide_step step = {.rule = rule, .place = applied->place};
        step.outcome = rule < applied->rule ? DECIDE_PASSES : DECIDE_SKIPPED;
        if (rule == applied->rule)
            step = *applied;
        if (rule != DECIDE_NO_RULE || rule == applied->rule)
            tell(d, &step);
    }
}

static struct decide_step judge_place(const struct deciding *d, const struct decide_place *place)
{
    struct decide_step step = {.place = place};
    step.rule = place_rule(d->m, d->facts, place, &step.item);
    step.outcome = reasons[step.rule].allowed ? DECIDE_ALLOWS : DECIDE_REFUSES;
    return step;
}

/* The first place that allows, or else the first one. */
static void places_rules(struct deciding *d)
{
    const struct decide_facts *facts = d->facts;
    size_t count = facts->is_private ? 1 : facts->nplaces;
    const struct decide_place *places = facts->is_private ? NULL : facts->places;
    size_t right = 0;
    struct decide_step step = {0};
    for (; right < count; right++) {
        step = judge_place(d, places ? &places[right] : NULL);
        if (step.outcome == DECIDE_ALLOWS)
            break;
    }
    bool found = right < count;
    for (size_t i = 0; i < right && (d->trace || i == 0); i++) {
        struct decide_step wrong = judge_place(d, places ? &places[i] : NULL);
        wrong.decides = !found && i == 0;
        if (wrong.decides)
            settle(d, &wrong);
        tell_place(d, &wrong);
    }
    if (found) {
        step.decides = true;
        settle(d, &step);
        tell_place(d, &step);
    }
}

static void place_rules(struct deciding *d)
{
    const struct decide_facts *facts = d->facts;
    if (d->refused || d->decision.whitelisted) {
        for (enum decide_reason rule = DECIDE_DCHANNEL; rule <= DECIDE_ENICK; rule++)
            skip(d, rule);
    } else if (facts->is_private || facts->nplaces) {
        places_rules(d);
    } else {
        bool moves = facts->type == EVENT_QUIT || facts->type == EVENT_NICK;
        struct decide_step step = {.rule = moves ? DECIDE_NOWHERE : DECIDE_NO_PLACE,
                                   .outcome = moves ? DECIDE_REFUSES : DECIDE_ALLOWS,
                                   .decides = true};
        settle(d, &step);
        tell(d, &step);
    }
}

/* ---- Rules 12, 21, 13 and 14: what the source may do ---- */

/* The anticapability that forbids the command, or NULL. */
static const char *forbidden_by(const struct deciding *d)
{
    const struct decide_facts *facts = d->facts;
    const struct decide_guard *guard = facts->guard;
    bool has_place = !facts->is_private && facts->nplaces;
    if (d->refused || !guard || !facts->command)
        return NULL;
    return guard->may_call(guard->ctx, d->m->name, facts->command,
                           has_place ? facts->places[0].channel : NULL);
}

static void command_rules(struct deciding *d)
{
    const struct module_fields *fields = &d->m->fields;
    const struct decide_guard *guard = d->facts->guard;
    const char *group = *fields->auth_group ? fields->auth_group : NULL;
    const char *capability = *fields->capability ? fields->capability : NULL;
    const char *anti = forbidden_by(d);
    refuse_if(d, anti != NULL, DECIDE_ANTICAPABILITY, anti);
    bool out = !d->refused && group && !(guard && guard->in_group(guard->ctx, group));
    refuse_if(d, out, DECIDE_AUTH_GROUP, group);
    bool lacks = !d->refused && capability && !(guard && guard->has(guard->ctx, capability));
    refuse_if(d, lacks, DECIDE_CAPABILITY, capability);
}

static void source_rules(struct deciding *d)
{
    refuse_if(d, d->facts->ignored != NULL, DECIDE_IGNORED, d->facts->ignored);
    if (d->facts->type == EVENT_COMMAND) {
        command_rules(d);
        return;
    }
    skip(d, DECIDE_ANTICAPABILITY);
    skip(d, DECIDE_AUTH_GROUP);
    skip(d, DECIDE_CAPABILITY);
}

struct flood_use decide_use(const struct module_view *m, const struct decide_facts *facts,
                            const struct decision *decision, char *source)
{
    const struct decide_place *place = decision->place;
    if (!place && !facts->is_private && facts->nplaces == 1)
        place = &facts->places[0];
    flood_source_key(source, FLOOD_SOURCE_SIZE, m->casemapping, facts->nick, facts->host,
                     facts->account);
    return (struct flood_use){.module = m,
                              .view = facts->view,
                              .network = facts->network,
                              .command = facts->command,
                              .source = source,
                              .channel = place ? place->channel : NULL,
                              .whitelisted = decision->whitelisted};
}

static bool has_rates(const struct module_fields *f)
{
    return rate_limits(f->rate_user) || rate_limits(f->rate_channel) ||
           rate_limits(f->rate_network) || f->ncommand_rates;
}

/* One limit: the module's, or the command's own when it has one. use NULL: nobody asks. */
static void rate_rule(struct deciding *d, const struct flood_use *use, enum flood_limit limit,
                      bool of_command)
{
    const struct rate *rate = flood_rate(d->m, limit, of_command ? d->facts->command : NULL);
    struct flood_hit hit;
    struct decide_step step = {.rule = (enum decide_reason)(DECIDE_RATE_USER + (int)limit),
                               .of_command = of_command,
                               .rate = rate};
    if (of_command && !rate)
        return;
    if (!use) {
        skip(d, step.rule);
        return;
    }
    step.exempt = !flood_applies(use, limit, of_command);
    bool reached =
        !d->refused && flood_limit_reached(d->facts->flood, use, limit, of_command, &hit);
    step.hit = reached ? &hit : NULL;
    refuse_step_if(d, reached, &step);
}

static void rate_rules(struct deciding *d)
{
    char source[FLOOD_SOURCE_SIZE];
    struct flood_use use = {0};
    bool ask = !d->refused && d->facts->flood;
    if (!d->trace && (!ask || !has_rates(&d->m->fields)))
        return;
    if (ask)
        use = decide_use(d->m, d->facts, &d->decision, source);
    for (int limit = FLOOD_USER; limit <= FLOOD_NETWORK; limit++) {
        rate_rule(d, ask ? &use : NULL, (enum flood_limit)limit, false);
        if (d->facts->command)
            rate_rule(d, ask ? &use : NULL, (enum flood_limit)limit, true);
    }
}

/* ---- Rules 18 to 20 and 22 to 25: what stands in the way whatever the module is ---- */

/* Who is trusted may use the bot as much as he likes. */
static bool source_reached(const struct decide_facts *facts, enum casemapping casemapping,
                           struct flood_hit *hit)
{
    char source[FLOOD_SOURCE_SIZE];
    const struct decide_guard *guard = facts->guard;
    flood_source_key(source, sizeof source, casemapping, facts->nick, facts->host, facts->account);
    return flood_source_reached(facts->flood, facts->network, source, facts->source_rate, hit) &&
           !(guard && guard->has(guard->ctx, "trusted"));
}

static void source_rate_rule(struct deciding *d, bool is_command)
{
    const struct decide_facts *facts = d->facts;
    struct flood_hit hit;
    if (!is_command || !facts->flood) {
        skip(d, DECIDE_RATE_SOURCE);
        return;
    }
    bool limited = rate_limits(facts->source_rate);
    bool reached = limited && !d->refused && source_reached(facts, d->m->casemapping, &hit);
    refuse_step_if(d, reached,
                   &(struct decide_step){.rule = DECIDE_RATE_SOURCE,
                                         .rate = limited ? &facts->source_rate : NULL,
                                         .hit = reached ? &hit : NULL});
}

/* Of the file, and of the process that has it. */
static void running_rules(struct deciding *d)
{
    const struct decide_facts *facts = d->facts;
    refuse_if(d, facts->no_file, DECIDE_NO_FILE, NULL);
    refuse_if(d, facts->not_loaded != NULL, DECIDE_NOT_LOADED, facts->not_loaded);
    refuse_if(d, facts->quarantined != NULL, DECIDE_QUARANTINED, facts->quarantined);
}

static void bot_rules(struct deciding *d)
{
    const struct decide_facts *facts = d->facts;
    bool is_command = facts->type == EVENT_COMMAND;
    /* Hardly ever is there anything to say. */
    if (!d->trace && !facts->ours && !facts->secret && !facts->no_file && !facts->not_loaded &&
        !facts->quarantined && !facts->clash && !rate_limits(facts->source_rate))
        return;
    if (is_command)
        refuse_if(d, facts->ours, DECIDE_OURS, NULL);
    else
        skip(d, DECIDE_OURS);
    refuse_if(d, facts->secret, DECIDE_SECRET, NULL);
    running_rules(d);
    source_rate_rule(d, is_command);
    if (is_command)
        refuse_if(d, facts->clash != NULL, DECIDE_CLASH, facts->clash);
    else
        skip(d, DECIDE_CLASH);
}

struct decision decide_explain(const struct module_view *m, const struct decide_facts *facts,
                               const struct decide_trace *trace)
{
    static void (*const rules[])(struct deciding * d) = {module_rules, mask_rules, place_rules,
                                                         source_rules, rate_rules, bot_rules};
    struct deciding d = {.m = m, .facts = facts, .trace = trace};
    for (size_t i = 0; i < sizeof rules / sizeof *rules && !done(&d); i++)
        rules[i](&d);
    return d.decision;
}

struct decision decide_module(const struct module_view *m, const struct decide_facts *facts)
{
    return decide_explain(m, facts, NULL);
}

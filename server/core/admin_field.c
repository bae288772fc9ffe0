#include "server/core/admin_field.h"

#include <string.h>

#include "registry/registry.h"

/* A field that is about to change. */
struct change {
    const struct command_call *call;
    const char *network; /* "": the shared definition */
    const struct module_def *shared;
    const struct module_def *overlay; /* of that network; either may be NULL */
    enum module_field field;
};

static const char *guard_value(const struct module_fields *fields, enum module_field field)
{
    return field == FIELD_CAPABILITY ? fields->capability : fields->auth_group;
}

static const char *shared_value(const struct change *c)
{
    return c->shared ? guard_value(&c->shared->fields, c->field) : "";
}

/* What a guard asks for now. */
static const char *old_value(const struct change *c)
{
    if (c->overlay && c->overlay->set & UINT32_C(1) << c->field)
        return guard_value(&c->overlay->fields, c->field);
    return shared_value(c);
}

/* Whether the source has a capability that a module asks for: everywhere that the field counts. A
 * name that nobody can have is the owner's. */
static bool has(const struct change *c, const char *name)
{
    char why[REGISTRY_WHY_SIZE];
    struct capability asked;
    if (!*name)
        return true;
    if (capability_parse(&asked, name, why, sizeof why))
        return false;
    if (!*asked.network)
        memcpy(asked.network, c->network, strlen(c->network) + 1);
    return core_has_parsed(c->call, &asked);
}

/* Whether the profile lets the source in where he speaks, and the field counts nowhere else but
 * there, or everywhere. */
static bool passes(const struct change *c, const char *group)
{
    struct auth_source source = core_source(c->call);
    if (!*group)
        return true;
    return (!*c->network || !strcmp(c->network, c->call->network->key)) &&
           auth_group_verdict(c->call->network, &source, group) == AUTH_YES;
}

/* The capability that the source lacks for the change; NULL: none. */
static const char *lacking(const struct change *c, const char *value)
{
    const unsigned flags = module_field_rows[c->field].flags;
    if (!(flags & (FIELD_GUARD | FIELD_OWNER)) || core_has(c->call, c->network, "owner"))
        return NULL;
    if (flags & FIELD_OWNER)
        return "owner";
    if (c->field != FIELD_CAPABILITY)
        return passes(c, old_value(c)) ? NULL : "owner";
    if (!has(c, old_value(c)))
        return old_value(c);
    return has(c, value) ? NULL : value;
}

bool core_may_set(const struct command_call *call, const struct command_spec *spec,
                  const json_t *args, const char *network)
{
    char why[REGISTRY_WHY_SIZE];
    const char *command;
    const char *module = command_text(args, "name");
    const struct snapshot *s = registry_snapshot(call->network->server->registry);
    const struct network_overlays *there = snapshot_network(s, network);
    struct change c = {.call = call, .network = network, .shared = snapshot_module(s, module)};
    const char *missing = NULL;
    const bool unset = spec == &command_specs[COMMAND_MODULE_UNSET];
    if (spec == &command_specs[COMMAND_MODULE_UNREGISTER])
        missing = command_flag(args, "purge") && !core_has(call, "", "owner") ? "owner" : NULL;
    else if (!unset && spec != &command_specs[COMMAND_MODULE_SET])
        return true;
    else if (strlen(network) <= REGISTRY_MAX_NAME && /* else there is no such place */
             !module_field_parse_name(command_text(args, "field"), &c.field, &command, why,
                                      sizeof why)) {
        c.overlay = *network && there ? snapshot_overlay(there, module) : NULL;
        missing = lacking(&c, !unset     ? command_text(args, "value")
                              : *network ? shared_value(&c)
                                         : "");
    }
    if (missing)
        core_deny(call, missing);
    return !missing;
}

#include "registry/register.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "net/proto/event_type.h"
#include "registry/commands.h"
#include "registry/keys.h"

/*
 * KEYS: set of modules, the module's hash, its enicks. A module that a server has registered before
 * has event_types: it keeps the enicks that it has. ARGV: name, enabled, event types,
 * description, usage, and both as they were written before: who has written something else since
 * shall keep it. In one script, because whether a module is new decides what is written, and
 * several servers may do this at once. Nothing is written that is there already: each write would
 * wake every server. The answer is 0 then.
 */
static const char script[] =
    "local first = redis.call('HEXISTS', KEYS[2], 'event_types') == 0\n"
    "local written = redis.call('SADD', KEYS[1], ARGV[1])\n"
    "if written == 1 and first then redis.call('SADD', KEYS[3], '$me') end\n"
    "local function give(field, text)\n"
    "  written = written + redis.call('HSETNX', KEYS[2], field, text)\n"
    "end\n"
    "local function renew(field, text, old)\n"
    "  if old ~= '' and old ~= text and redis.call('HGET', KEYS[2], field) == old then\n"
    "    redis.call('HSET', KEYS[2], field, text)\n"
    "    written = written + 1\n"
    "  end\n"
    "end\n"
    "if first then give('enabled', ARGV[2]) end\n"
    "give('description', ARGV[4])\n"
    "if ARGV[5] ~= '' then give('usage', ARGV[5]) end\n"
    "if redis.call('HGET', KEYS[2], 'event_types') ~= ARGV[3] then\n"
    "  redis.call('HSET', KEYS[2], 'event_types', ARGV[3])\n"
    "  written = written + 1\n"
    "end\n"
    "renew('description', ARGV[4], ARGV[6])\n"
    "renew('usage', ARGV[5], ARGV[7])\n"
    "return written\n";

struct call {
    struct registry *registry;
    char *module;
    registry_done_fn *done;
    void *arg;
};

static void end(struct call *call, enum registry_result result, const char *text)
{
    if (call->done)
        call->done(call->arg, result, text);
    free(call->module);
    free(call);
}

static void on_settled(void *arg)
{
    end(arg, REGISTRY_OK, "");
}

static void on_answer(void *arg, enum registry_result result, const redisReply *reply,
                      const char *text)
{
    struct call *call = arg;
    if (result != REGISTRY_OK || reply->type != REDIS_REPLY_INTEGER || !reply->integer) {
        end(call, result, text);
        return;
    }
    char *hash = xasprintf("module:%s", call->module);
    char *enicks = xasprintf("module:%s:enicks", call->module);
    const char *keys[] = {"modules", hash, enicks};
    registry_settle(call->registry, keys, sizeof keys / sizeof *keys, on_settled, call);
    free(hash);
    free(enicks);
}

/* "message join command" */
static char *event_names(uint32_t types)
{
    struct buf names = {0};
    for (int type = 1; type < EVENT_TYPE_END; type++)
        if (types & EVENT_BIT(type))
            buf_printf(&names, "%s%s", names.len ? " " : "", event_type_name(type));
    char *text = xstrndup(names.len ? buf_data(&names) : "", names.len);
    buf_free(&names);
    return text;
}

void registry_register_module(struct registry *r, const struct registry_module *module,
                              bool enable_new, registry_done_fn *done, void *arg)
{
    struct call *call = xmalloc(sizeof *call);
    *call = (struct call){r, xstrdup(module->name), done, arg};
    if (!registry_name_valid(module->name)) {
        registry_deny(r, on_answer, call,
                      "a module's name is 1 to 64 letters, digits, '-' and '_'");
        return;
    }
    const char *prefix = registry_prefix(r);
    char *set = xasprintf("%smodules", prefix);
    char *hash = xasprintf("%smodule:%s", prefix, module->name);
    char *enicks = xasprintf("%smodule:%s:enicks", prefix, module->name);
    char *events = event_names(module->event_types);
    const char *argv[] = {"EVAL",
                          script,
                          "3",
                          set,
                          hash,
                          enicks,
                          module->name,
                          enable_new ? "yes" : "no",
                          events,
                          module->description,
                          module->usage,
                          module->old_description ? module->old_description : "",
                          module->old_usage ? module->old_usage : ""};
    registry_command(r, on_answer, call, sizeof argv / sizeof *argv, argv, NULL);
    free(set);
    free(hash);
    free(enicks);
    free(events);
}

/* KEYS: the module's hash. ARGV: event types. */
static const char correct_script[] =
    "if redis.call('EXISTS', KEYS[1]) == 1 and\n"
    "  redis.call('HGET', KEYS[1], 'event_types') ~= ARGV[1] then\n"
    "  redis.call('HSET', KEYS[1], 'event_types', ARGV[1])\n"
    "end\n"
    "return 1\n";

static void on_corrected(void *arg, enum registry_result result, const redisReply *reply,
                         const char *text)
{
    (void)arg;
    (void)reply;
    if (result != REGISTRY_OK)
        log_debug("registry.events", LOG_NOBODY, "not put right: %s", text);
}

void registry_correct_events(struct registry *r, const char *module, uint32_t event_types)
{
    char *hash = xasprintf("%smodule:%s", registry_prefix(r), module);
    char *events = event_names(event_types);
    const char *argv[] = {"EVAL", correct_script, "1", hash, events};
    registry_command(r, on_corrected, NULL, sizeof argv / sizeof *argv, argv, NULL);
    free(hash);
    free(events);
}

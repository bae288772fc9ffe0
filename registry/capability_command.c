#include <string.h>

#include "base/str.h"
#include "registry/capability.h"

/* bar, foo, foo.bar; of a command "bar baz" also bar-baz and foo.bar-baz; the same in the channel.
 */
#define NAMES_MAX 10

struct names {
    size_t count;
    size_t global; /* so many are the first */
    bool fits;
    struct capability items[NAMES_MAX];
};

/* command: of it, len bytes; a capability is one word, so that a space becomes a '-'. */
static void add(struct names *names, const char *channel, const char *module, const char *command,
                size_t len)
{
    struct capability *c = &names->items[names->count++];
    size_t at = strlen(module);
    memset(c, 0, sizeof *c);
    names->fits = names->fits && str_copy(c->channel, sizeof c->channel, channel) &&
                  at + len + 1 < sizeof c->name;
    if (!names->fits)
        return;
    memcpy(c->name, module, at);
    if (at && len)
        c->name[at++] = '.';
    memcpy(c->name + at, command, len);
    irc_fold(CASEMAPPING_ASCII, c->name);
    for (char *s = strchr(c->name, ' '); s; s = strchr(s, ' '))
        *s = '-';
}

static void add_all(struct names *names, const char *channel, const char *module,
                    const char *command)
{
    size_t len = strlen(command);
    size_t first = strcspn(command, " ");
    add(names, channel, "", command, first);
    if (first < len)
        add(names, channel, "", command, len);
    add(names, channel, module, "", 0);
    add(names, channel, module, command, first);
    if (first < len)
        add(names, channel, module, command, len);
}

/* What only a default of deny says is weaker than a grant. */
static bool by_default(enum capability_step step)
{
    return step == CAPABILITY_DEFAULT || step == CAPABILITY_CHANNEL_DEFAULT;
}

/* The commands op, voice and their like have the names of privileged capabilities. That nobody has
 * those by default says nothing about who may call the command: what it needs itself says that. */
static bool only_privileged(const struct capability *c, const struct capability_answer *answer)
{
    return (answer->step == CAPABILITY_PRIVILEGED || answer->step == CAPABILITY_OWNER_ASKED) &&
           !answer->item && capability_privileged(c->name);
}

/* A name that modules declare default-off needs one grant, and that must be for all channels: who
 * administers a channel could give himself the other. */
static bool granted_globally(const struct names *names, const struct capability_answer *answers,
                             size_t i)
{
    const struct capability_answer *global = &answers[i % names->global];
    return i >= names->global && answers[i].step == CAPABILITY_PRIVILEGED && global->allowed &&
           !by_default(global->step);
}

static struct capability_command_answer answer_of(bool allowed, const struct capability *c,
                                                  bool anti, struct capability_answer answer)
{
    struct capability_command_answer result = {allowed, *c, answer};
    result.asked.anti = anti;
    result.answer.allowed = allowed != anti;
    return result;
}

struct capability_command_answer
capability_explain_command(const struct capability_query *q, const char *module,
                           const char *command, const char *channel,
                           const struct capability_command_trace *trace)
{
    struct names names = {.fits = true};
    struct capability_answer answers[NAMES_MAX];
    const struct capability *denied = NULL; /* by a default, unless something grants it */
    const struct capability *granted = NULL;
    const struct capability *first = NULL; /* that speaks of the command at all */
    add_all(&names, "", module, command);
    names.global = names.count;
    if (channel && *channel)
        add_all(&names, channel, module, command);
    if (!names.fits) /* no set can speak of it, so nobody can have opened it */
        return answer_of(false, &names.items[0], true,
                         (struct capability_answer){true, CAPABILITY_PRIVILEGED, NULL});
    for (size_t i = 0; i < names.count; i++) {
        const struct capability *c = &names.items[i];
        answers[i] = capability_check(q, c);
        if (trace)
            trace->asked(trace->arg, c, &answers[i]);
        if (only_privileged(c, &answers[i]) || granted_globally(&names, answers, i))
            continue;
        first = first ? first : c;
        if (!answers[i].allowed && !by_default(answers[i].step))
            return answer_of(false, c, true, answers[i]);
        if (!answers[i].allowed && !denied)
            denied = c;
        if (answers[i].allowed && !by_default(answers[i].step) && !granted)
            granted = c;
    }
    const struct capability *decides = granted  ? granted
                                       : denied ? denied
                                       : first  ? first
                                                : &names.items[0];
    return answer_of(granted || !denied, decides, !granted && denied,
                     answers[decides - names.items]);
}

struct capability_command_answer capability_check_command(const struct capability_query *q,
                                                          const char *module, const char *command,
                                                          const char *channel)
{
    return capability_explain_command(q, module, command, channel, NULL);
}

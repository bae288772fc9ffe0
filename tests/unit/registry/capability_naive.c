#include "capability_naive.h"

#include <stdio.h>
#include <string.h>

static bool holds(const struct naive_set *set, const char *text)
{
    for (size_t i = 0; i < set->count; i++)
        if (!strcmp(set->items[i], text))
            return true;
    return false;
}

static bool holds_name(const struct naive_set *set, const char *network, const char *channel,
                       bool anti, const char *name)
{
    char text[128];
    snprintf(text, sizeof text, "%s%s%s%s%s%s", network, *network ? "/" : "", channel,
             *channel ? "," : "", anti ? "-" : "", name);
    return holds(set, text);
}

/* '+', '-' or 0 */
static char says(const struct naive_set *set, const char *network, const char *channel,
                 const char *name)
{
    if (holds_name(set, network, channel, true, name))
        return '-';
    if (holds_name(set, network, channel, false, name))
        return '+';
    if (holds_name(set, "", channel, true, name))
        return '-';
    if (holds_name(set, "", channel, false, name))
        return '+';
    return 0;
}

static bool privileged(const struct naive_world *w, const char *name)
{
    char padded[80];
    snprintf(padded, sizeof padded, " %s ", name);
    return strstr(" owner admin trusted op halfop voice protected ", padded) ||
           (w->declared && !strcmp(w->declared, name));
}

static char default_says(const struct naive_world *w, const struct naive_set *set,
                         const char *network, const char *name)
{
    char said = says(set, network, "", name);
    return said == '+' && privileged(w, name) ? 0 : said;
}

static bool recorded(const char *network, const char *channel)
{
    return *network == 'A' && !strcmp(channel, "#c");
}

/* What is said of the name without its sign. */
static bool positive(const struct naive_world *w, const char *network, const char *channel,
                     const char *name, bool *by_default)
{
    int n = *network == 'A' ? 1 : 2;
    char said;
    *by_default = false;
    if (!*channel && !strcmp(name, "owner"))
        return w->known && says(&w->own, network, "", "owner") == '+';
    if (w->known) {
        if (says(&w->own, network, "", "owner") == '+')
            return true;
        said = says(&w->own, network, channel, name);
        if (said)
            return said == '+';
        if (*channel && says(&w->own, network, channel, "op") == '+')
            return true;
    }
    if (*channel) {
        said = recorded(network, channel) ? default_says(w, &w->channel, network, name) : 0;
        if (said)
            return said == '+';
        if (privileged(w, name))
            return false;
        *by_default = true;
        return recorded(network, channel) ? w->channel_allow : true;
    }
    const struct naive_set *sets[] = {&w->defaults[n], &w->defaults[0], &w->registered[n],
                                      &w->registered[0]};
    for (int i = 0; i < (w->known ? 4 : 2); i++) {
        said = default_says(w, sets[i], network, name);
        if (said)
            return said == '+';
    }
    if (privileged(w, name))
        return false;
    *by_default = true;
    if (w->default_allow[n] >= 0)
        return w->default_allow[n];
    return w->default_allow[0] != 0;
}

bool naive_has(const struct naive_world *w, const char *network, const char *channel, bool anti,
               const char *name)
{
    bool by_default;
    if (w->known && w->ignored)
        return anti;
    return positive(w, network, channel, name, &by_default) != anti;
}

bool naive_may_call(const struct naive_world *w, const char *network, const char *module,
                    const char *command, const char *channel)
{
    char whole[64];
    snprintf(whole, sizeof whole, "%s.%s", module, command);
    const char *names[] = {command, module, whole};
    bool granted = false;
    bool closed = false;
    if (w->known && w->ignored)
        return false;
    for (int in_channel = 0; in_channel < (*channel ? 2 : 1); in_channel++) {
        for (int i = 0; i < 3; i++) {
            bool default_global;
            bool by_default;
            bool global = positive(w, network, "", names[i], &default_global);
            bool has = in_channel ? positive(w, network, channel, names[i], &by_default) : global;
            bool said_no =
                (w->known && says(&w->own, network, channel, names[i]) == '-') ||
                (recorded(network, channel) && says(&w->channel, network, "", names[i]) == '-');
            if (!in_channel)
                by_default = default_global;
            if (has) {
                granted = granted || !by_default;
            } else if (by_default) {
                closed = true;
            } else if (privileged(w, names[i]) && in_channel && !said_no && global) {
                continue; /* default-off, and granted for all channels */
            } else {
                return false;
            }
        }
    }
    return granted || !closed;
}

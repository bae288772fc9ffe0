#include "modules/host/descriptor.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    SIZE_MAX_SANE = 4096,
    /* The end of the last field of the first release. Of what stands behind it, a module that was
     * built with an older header has nothing: look at the descriptor's size first. */
    FIRST_RELEASE_SIZE =
        offsetof(seshet_module, config_changed) + sizeof(((seshet_module *)NULL)->config_changed),
    CAPABILITY_WORD_MAX = 64
};
_Static_assert(FIRST_RELEASE_SIZE == sizeof(size_t) + 2 * sizeof(uint32_t) + 13 * sizeof(void *),
               "modules of the first release have descriptors of this size for good");

struct verdict {
    char *why;
    size_t size;
};

__attribute__((format(printf, 2, 3))) static int refuse(struct verdict v, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(v.why, v.size, format, args);
    va_end(args);
    return -1;
}

static bool is_line(const char *text, size_t most)
{
    return !text || (strnlen(text, most + 1) <= most && !text[strcspn(text, "\r\n")]);
}

static bool is_module_name(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    return len && len <= IPC_NAME_MAX && !name[len];
}

static bool is_command_name(const char *name)
{
    size_t len = strnlen(name, IPC_NAME_MAX + 1);
    if (!len || len > IPC_NAME_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] <= ' ' || name[i] == '.' || name[i] == 0x7f)
            return false;
    return true;
}

/* Fields that a newer header of the same ABI has added are fine as long as they are not used. */
static bool uses_more_than_ours(const seshet_module *d)
{
    const char *bytes = (const char *)d;
    for (size_t i = sizeof *d; i < d->size; i++)
        if (bytes[i])
            return true;
    return false;
}

static int check_head(const seshet_module *d, const char *name, struct verdict v)
{
    if (d->size < FIRST_RELEASE_SIZE || d->size > SIZE_MAX_SANE || d->abi != SESHET_ABI)
        return refuse(v, "its descriptor is not of ABI %d: rebuild it", SESHET_ABI);
    if (d->flags || uses_more_than_ours(d))
        return refuse(v, "it uses parts of the API that this server does not have: "
                         "update the server, or build the module with the server's header");
    if (!d->name || !is_module_name(d->name))
        return refuse(v, "its .name must be 1 to %d of a-z 0-9 _ -", IPC_NAME_MAX);
    if (strcmp(d->name, name) != 0)
        return refuse(v, "its .name is \"%s\" but its file is called %.64s.so: rename one", d->name,
                      name);
    if (!is_line(d->version, IPC_VERSION_MAX))
        return refuse(v, "its .version must be one line of at most %d bytes", IPC_VERSION_MAX);
    if (!is_line(d->description, IPC_LINE_MAX))
        return refuse(v, "its .description must be one line of at most %d bytes", IPC_LINE_MAX);
    return 0;
}

static int check_command(const seshet_command *c, const struct ipc_module *out, struct verdict v)
{
    if (!is_command_name(c->name))
        return refuse(v, "its command %u must be named by one word of at most %d bytes, no dot",
                      out->ncommands + 1U, IPC_NAME_MAX);
    if (!c->handler)
        return refuse(v, "its command \"%s\" has no handler", c->name);
    if (!is_line(c->usage, IPC_LINE_MAX) || !is_line(c->help, IPC_LINE_MAX))
        return refuse(v, "usage and help of its command \"%s\" must be lines of at most %d bytes",
                      c->name, IPC_LINE_MAX);
    for (size_t i = 0; i < out->ncommands; i++)
        if (strcasecmp(out->commands[i].name, c->name) == 0)
            return refuse(v, "it declares its command \"%s\" twice", c->name);
    return 0;
}

static int check_commands(const seshet_module *d, struct ipc_module *out, struct verdict v)
{
    for (const seshet_command *c = d->commands; c && c->name; c++) {
        if (out->ncommands == IPC_COMMANDS_MAX)
            return refuse(v, "it declares more than %d commands", IPC_COMMANDS_MAX);
        if (check_command(c, out, v))
            return -1;
        out->commands[out->ncommands++] = (struct ipc_command){
            .name = c->name, .usage = c->usage ? c->usage : "", .help = c->help ? c->help : ""};
    }
    return 0;
}

static int check_events(const seshet_module *d, struct ipc_module *out, struct verdict v)
{
    for (const seshet_subscription *s = d->events; s && s->type; s++) {
        unsigned type = s->type;
        if (type >= SESHET_COMMAND)
            return refuse(v, "it subscribes to event type %u, which this server does not have",
                          type);
        if (!s->handler)
            return refuse(v, "its handler of event type %u is missing", type);
        if (out->events & UINT32_C(1) << type)
            return refuse(v, "it has two handlers of event type %u: one must do both", type);
        out->events |= UINT32_C(1) << type;
    }
    return 0;
}

/* "MODULE.word" */
static bool is_own_capability(const char *module, const char *name)
{
    size_t len = strlen(module);
    if (strncmp(name, module, len) != 0 || name[len] != '.' || name[len + 1] == '-')
        return false;
    const char *word = name + len + 1;
    size_t word_len = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    return word_len && word_len <= CAPABILITY_WORD_MAX && !word[word_len];
}

static int check_capabilities(const seshet_module *d, struct ipc_module *out, struct verdict v)
{
    for (const char *const *c = d->capabilities; c && *c; c++) {
        if (out->ncapabilities == IPC_CAPABILITIES_MAX)
            return refuse(v, "it declares more than %d capabilities", IPC_CAPABILITIES_MAX);
        if (!is_own_capability(d->name, *c))
            return refuse(v, "its capability %u must be \"%s.\" and 1 to %d of a-z 0-9 _ -",
                          out->ncapabilities + 1U, d->name, CAPABILITY_WORD_MAX);
        for (size_t i = 0; i < out->ncapabilities; i++)
            if (!strcmp(out->capabilities[i], *c))
                return refuse(v, "it declares its capability \"%s\" twice", *c);
        out->capabilities[out->ncapabilities++] = *c;
    }
    return 0;
}

static uint32_t life_bit(unsigned type, bool has)
{
    return has ? UINT32_C(1) << type : 0;
}

static uint32_t events_of_life(const seshet_module *d)
{
    return life_bit(IPC_EVENT_ENABLED, d->enabled || d->installed) |
           life_bit(IPC_EVENT_DISABLED, d->disabled) | life_bit(IPC_EVENT_REMOVED, d->removed) |
           life_bit(IPC_EVENT_CONFIG, d->config_changed);
}

int descriptor_check(const seshet_module *d, const char *name, struct ipc_module *out, char *why,
                     size_t why_size)
{
    struct verdict v = {.why = why, .size = why_size};
    if (check_head(d, name, v))
        return -1;
    *out = (struct ipc_module){
        .name = d->name,
        .version = d->version ? d->version : "",
        .description = d->description ? d->description : "",
    };
    if (check_commands(d, out, v) || check_events(d, out, v) || check_capabilities(d, out, v))
        return -1;
    out->events |= events_of_life(d);
    return 0;
}

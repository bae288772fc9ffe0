#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/xmalloc.h"
#include "registry/fields.h"
#include "registry/keys.h"
#include "server/ctl/limnoria_lines.h"
#include "server/ctl/limnoria_names.h"

#define LATEST 1e15 /* seconds; what is later is a mistake */

/* The channel that is read. */
struct channel {
    char *name; /* NULL: none yet, or one that is left out */
    bool left_out;
    bool lobotomized;
    bool default_allow;
    json_t *capabilities;
    json_t *ignores;
};

/* "MASK" or "MASK SECONDS" into an object of ignores. */
static void read_ignore(struct limnoria *l, json_t *to, const char *line)
{
    char why[REGISTRY_WHY_SIZE];
    char mask[LIMNORIA_MASK_SIZE];
    size_t len = strcspn(line, " ");
    const char *number = line + len + strspn(line + len, " ");
    char *end;
    double expires = strtod(*number ? number : "0", &end);
    char *word = xasprintf("%.*s", (int)len, line);
    if (*end || !isfinite(expires) || expires > LATEST)
        limnoria_note(l, "\"%.40s\" is no time: left out", number);
    else if (limnoria_mask(mask, word, why))
        limnoria_note(l, "mask \"%.80s\": %s; left out", word, why);
    else if (expires != 0 && expires <= (double)l->now_s)
        limnoria_count(l, "expired", 1);
    else
        json_object_set_new(to, mask, json_integer((json_int_t)expires));
    free(word);
}

/* Those are nobody's by default here, without being said. */
static bool is_said_already(const char *capability)
{
    return !strcasecmp(capability, "-op") || !strcasecmp(capability, "-halfop") ||
           !strcasecmp(capability, "-voice") || !strcasecmp(capability, "-protected");
}

static void read_line(struct limnoria *l, struct channel *c)
{
    char why[REGISTRY_WHY_SIZE];
    if (!strcasecmp(l->key, "lobotomized")) {
        limnoria_bool(l, &c->lobotomized);
    } else if (!strcasecmp(l->key, "defaultallow")) {
        limnoria_bool(l, &c->default_allow);
    } else if (!strcasecmp(l->key, "capability")) {
        if (!is_said_already(l->value) &&
            limnoria_capability(c->capabilities, l->network, true, l->value, why))
            limnoria_note(l, "capability \"%.80s\" of %s: %s; left out", l->value, c->name, why);
    } else if (!strcasecmp(l->key, "ignore")) {
        read_ignore(l, c->ignores, l->value);
    } else if (!strcasecmp(l->key, "ban")) {
        size_t before = json_object_size(c->ignores);
        read_ignore(l, c->ignores, l->value);
        if (json_object_size(c->ignores) != before)
            limnoria_note(l,
                          "%s keeps no bans here: \"%.80s\" is ignored in it, as it was, but not "
                          "kicked",
                          c->name, l->value);
    } else {
        limnoria_note(l, "\"%.40s\" is unknown: left out", l->key);
    }
}

static void end_channel(struct limnoria *l, struct channel *c)
{
    json_t *networks = json_object_get(l->result->document, "networks");
    json_t *channels = json_object_get(json_object_get(networks, l->network), "channels");
    size_t capabilities = json_array_size(c->capabilities);
    size_t ignores = json_object_size(c->ignores);
    if (c->name && (!c->default_allow || c->lobotomized || capabilities || ignores)) {
        json_object_set_new(channels, c->name,
                            json_pack("{s:b, s:b, s:O, s:O}", "default_allow", c->default_allow,
                                      "lobotomized", c->lobotomized, "capabilities",
                                      c->capabilities, "ignores", c->ignores));
        limnoria_count(l, "channels", 1);
        limnoria_count(l, "capabilities", capabilities);
        limnoria_count(l, "ignores", ignores);
    }
    free(c->name);
    json_decref(c->capabilities);
    json_decref(c->ignores);
    memset(c, 0, sizeof *c);
}

static void begin_channel(struct limnoria *l, struct channel *c)
{
    char name[CHANNEL_MAX_NAME + 2]; /* one more, to see what is too long */
    json_t *networks = json_object_get(l->result->document, "networks");
    const json_t *channels = json_object_get(json_object_get(networks, l->network), "channels");
    *c = (struct channel){.default_allow = true, .left_out = true};
    irc_fold_copy(l->casemapping, name, sizeof name, l->value);
    if (!*name || !strchr("#&+!", *name) || strpbrk(name, ", ") ||
        strlen(name) > CHANNEL_MAX_NAME) {
        limnoria_note(l, "\"%.80s\" is no channel: left out", l->value);
        return;
    }
    if (json_object_get(channels, name)) {
        limnoria_note(l, "%s stands there before: left out", name);
        return;
    }
    c->left_out = false;
    c->name = xstrdup(name);
    c->capabilities = json_array();
    c->ignores = json_object();
}

void limnoria_channels(struct limnoria *l)
{
    struct channel c = {0};
    while (limnoria_next(l)) {
        if (!strcasecmp(l->key, "channel")) {
            end_channel(l, &c);
            begin_channel(l, &c);
        } else if (c.name) {
            read_line(l, &c);
        } else if (!c.left_out) {
            limnoria_note(l, "\"%.40s\" belongs to no channel: left out", l->key);
        }
    }
    end_channel(l, &c);
}

void limnoria_ignores(struct limnoria *l)
{
    json_t *all = json_object_get(l->result->document, "ignores");
    json_t *ignores = json_object_get(all, l->network);
    while (limnoria_next(l)) {
        char *line = *l->key != '#' ? xasprintf("%s %s", l->key, l->value) : NULL;
        if (line)
            read_ignore(l, ignores, line);
        free(line);
    }
    limnoria_count(l, "ignores", json_object_size(ignores));
}

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"
#include "registry/capability.h"
#include "registry/fields.h"

/* The names of capabilities, without the rest of the registry. */

#define CHANNEL_FIRST "#&+!" /* RFC 2811 2.1 */

static int wrong(char *why, size_t why_size, const char *sentence)
{
    snprintf(why, why_size, "%s", sentence);
    return -1;
}

/* In ASCII alone, whatever the locale: two servers must agree on a name. */
static void copy_lower(char *dst, size_t size, const char *src)
{
    irc_fold_copy(CASEMAPPING_ASCII, dst, size, src);
}

static int parse_name(struct capability *c, const char *text, char *why, size_t why_size)
{
    if (*text == '-') {
        c->anti = true;
        text++;
    }
    if (!*text)
        return wrong(why, why_size, "a name is missing: write x, -x, #channel.x or NETWORK/x");
    if (strlen(text) >= sizeof c->name)
        return wrong(why, why_size, "the name is too long: 128 bytes are the most");
    if (strchr(CHANNEL_FIRST "-", *text))
        return wrong(why, why_size,
                     "a name begins with none of # & + ! -; one - before it is for "
                     "the anticapability");
    if (strpbrk(text, ",/"))
        return wrong(why, why_size,
                     "a name holds no comma and no slash: those divide it from its "
                     "channel (#channel,x) and its network (NETWORK/x)");
    const char *dot = strchr(text, '.');
    if (dot && (dot == text || !dot[1] || strchr(dot + 1, '.')))
        return wrong(why, why_size,
                     "a name has one dot at most, as in module.command; after a "
                     "channel with a dot in it write a comma: #a.b,x");
    if (dot && dot[1] == '-')
        return wrong(why, why_size,
                     "the - stands before the whole name: -module.command; after a "
                     "channel with a dot in it write a comma: #a.b,-x");
    copy_lower(c->name, sizeof c->name, text);
    return 0;
}

/* "#channel.x", "#channel,x": no channel's name holds a comma, so the comma is looked for first.
 * Returns what follows. */
static const char *parse_channel(struct capability *c, const char *text, char *why, size_t why_size)
{
    size_t len = strcspn(text, ",");
    if (!text[len])
        len = strcspn(text, ".");
    if (!text[len]) {
        wrong(why, why_size, "a channel's capability is written #channel.x or #channel,x");
        return NULL;
    }
    if (len >= sizeof c->channel) {
        wrong(why, why_size, "the channel's name is too long: 200 bytes are the most");
        return NULL;
    }
    memcpy(c->channel, text, len);
    c->channel[len] = '\0';
    return text + len + 1;
}

static bool has_space_or_control(const char *text, size_t len)
{
    return str_has_control(text, len) || memchr(text, ' ', len) || memchr(text, 0x7f, len);
}

int capability_parse(struct capability *c, const char *text, char *why, size_t why_size)
{
    size_t len = strnlen(text, CAPABILITY_MAX + 1);
    memset(c, 0, sizeof *c);
    if (!len || len > CAPABILITY_MAX) {
        snprintf(why, why_size, "a capability is a word of 1 to %d bytes", CAPABILITY_MAX);
        return -1;
    }
    if (has_space_or_control(text, len) || !utf8_valid(text, len))
        return wrong(why, why_size,
                     "a capability is one word: no white space, no control bytes, valid UTF-8");
    if (*text == '-' && (strchr(CHANNEL_FIRST, text[1]) || strchr(text, '/')))
        return wrong(why, why_size, "the - stands right before the name: #channel.-x, NETWORK/-x");
    size_t network_len;
    list_item_split(text, &text, &network_len);
    if (network_len)
        memcpy(c->network, text - network_len - 1, network_len);
    if (*text && strchr(CHANNEL_FIRST, *text)) {
        text = parse_channel(c, text, why, why_size);
        if (!text)
            return -1;
    }
    return parse_name(c, text, why, why_size);
}

const char *capability_write(const struct capability *c, char *dst, size_t size)
{
    snprintf(dst, size, "%s%s%s%s%s%s", c->network, *c->network ? "/" : "", c->channel,
             !*c->channel              ? ""
             : strchr(c->channel, '.') ? ","
                                       : ".",
             c->anti ? "-" : "", c->name);
    return dst;
}

bool capability_privileged(const char *name)
{
    static const char *const names[] = {"owner",  "admin", "trusted",  "op",
                                        "halfop", "voice", "protected"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(name, names[i]))
            return true;
    return false;
}

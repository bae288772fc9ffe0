#include "net/proto/isupport.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "base/str.h"

#define MAX_VALUE   512
#define MAX_LINELEN 8192
#define MAX_LENGTH  8192 /* no NICKLEN, TOPICLEN and so on is more than the longest line */

/* What to do with a token: `value` is NULL for a bare key. The defaults come from a fresh struct.
 */
typedef void (*token_fn)(struct isupport *is, const char *value);

void isupport_init(struct isupport *is)
{
    *is = (struct isupport){
        .casemapping = CASEMAPPING_RFC1459,
        .prefix_modes = "ov",
        .prefix_symbols = "@+",
        .chanmodes = {"b", "k", "l", "imnpst"},
        .chantypes = "#&",
        .nicklen = 9,
        .channellen = 200,
        .linelen = 512,
        .modes = 3,
    };
}

/* A positive number; one that is larger than max counts as max. 0 when it is no number. */
static unsigned parse_number(const char *value, unsigned max)
{
    unsigned n = 0;
    if (!value || !*value)
        return 0;
    for (; *value; value++) {
        if (!isdigit((unsigned char)*value))
            return 0;
        n = n * 10 + (unsigned)(*value - '0');
        if (n > max)
            n = max;
    }
    return n;
}

static void set_number(unsigned *field, const char *value, unsigned max)
{
    unsigned n = parse_number(value, max);
    if (n)
        *field = n;
}

static bool all_letters(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isalpha((unsigned char)s[i]) || memchr(s, s[i], i))
            return false;
    return true;
}

/* Printable, no letters or digits, none twice, no separator: what can be a symbol before a name. */
static bool all_symbols(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isgraph((unsigned char)s[i]) || isalnum((unsigned char)s[i]) || s[i] == ',' ||
            s[i] == ':' || memchr(s, s[i], i))
            return false;
    return true;
}

static void set_symbols(char *dst, size_t size, const char *value)
{
    if (value && strlen(value) < size && all_symbols(value, strlen(value)))
        str_copy(dst, size, value);
}

static void apply_casemapping(struct isupport *is, const char *value)
{
    if (value && *value)
        is->casemapping = casemapping_parse(value);
}

/* "(ov)@+"; empty: the network has no membership prefixes. */
static void apply_prefix(struct isupport *is, const char *value)
{
    if (!value || !*value) {
        is->prefix_modes[0] = '\0';
        is->prefix_symbols[0] = '\0';
        return;
    }
    const char *close = strchr(value, ')');
    if (*value != '(' || !close)
        return;
    const char *modes = value + 1;
    size_t len = (size_t)(close - modes);
    const char *symbols = close + 1;
    if (len >= sizeof is->prefix_modes || strlen(symbols) != len || !all_letters(modes, len) ||
        !all_symbols(symbols, len))
        return;
    memcpy(is->prefix_modes, modes, len);
    is->prefix_modes[len] = '\0';
    memcpy(is->prefix_symbols, symbols, len + 1);
}

/* "A,B,C,D": missing parts are empty, further ones are for the future and left out. */
static void apply_chanmodes(struct isupport *is, const char *value)
{
    char parts[4][sizeof is->chanmodes[0]] = {""};
    if (!value)
        return;
    for (int i = 0; i < 4; i++) {
        size_t len = strcspn(value, ",");
        if (len >= sizeof parts[i] || !all_letters(value, len))
            return;
        memcpy(parts[i], value, len);
        value += len;
        value += *value == ',';
    }
    memcpy(is->chanmodes, parts, sizeof parts);
}

static void apply_chantypes(struct isupport *is, const char *value)
{
    if (value)
        set_symbols(is->chantypes, sizeof is->chantypes, value);
    else
        is->chantypes[0] = '\0';
}

static void apply_statusmsg(struct isupport *is, const char *value)
{
    set_symbols(is->statusmsg, sizeof is->statusmsg, value);
}

static void apply_network(struct isupport *is, const char *value)
{
    if (!value || !*value || strlen(value) >= sizeof is->network)
        return;
    for (const char *s = value; *s; s++)
        if ((unsigned char)*s < ' ' || *s == 0x7f)
            return;
    str_copy(is->network, sizeof is->network, value);
}

static void apply_nicklen(struct isupport *is, const char *value)
{
    set_number(&is->nicklen, value, MAX_LENGTH);
}

static void apply_channellen(struct isupport *is, const char *value)
{
    set_number(&is->channellen, value, MAX_LENGTH);
}

static void apply_topiclen(struct isupport *is, const char *value)
{
    set_number(&is->topiclen, value, MAX_LENGTH);
}

static void apply_kicklen(struct isupport *is, const char *value)
{
    set_number(&is->kicklen, value, MAX_LENGTH);
}

static void apply_awaylen(struct isupport *is, const char *value)
{
    set_number(&is->awaylen, value, MAX_LENGTH);
}

/* RFC 1459 promises 512: less is not believed. */
static void apply_linelen(struct isupport *is, const char *value)
{
    unsigned n = parse_number(value, MAX_LINELEN);
    if (n >= 512)
        is->linelen = n;
}

static void apply_modes(struct isupport *is, const char *value)
{
    if (!value || !*value)
        is->modes = 0;
    else
        set_number(&is->modes, value, MAX_LENGTH);
}

/* "JOIN:4,NOTICE:3,KICK:": no number means no limit. */
static void apply_targmax(struct isupport *is, const char *value)
{
    static const char key[] = "JOIN:";
    while (value && *value) {
        size_t len = strcspn(value, ",");
        if (!strncmp(value, key, sizeof key - 1)) {
            char number[16];
            size_t n = len - (sizeof key - 1);
            if (n >= sizeof number)
                return;
            memcpy(number, value + sizeof key - 1, n);
            number[n] = '\0';
            if (n)
                set_number(&is->targmax_join, number, MAX_LENGTH);
            else
                is->targmax_join = 0;
            return;
        }
        value += len;
        value += *value == ',';
    }
}

static void apply_whox(struct isupport *is, const char *value)
{
    (void)value;
    is->whox = true;
}

static void apply_monitor(struct isupport *is, const char *value)
{
    (void)value;
    is->monitor = true;
}

static const struct token {
    const char *key;
    token_fn apply;
    size_t offset; /* of the fields it sets, for "-KEY" */
    size_t size;
} tokens[] = {
#define FIELD(field) offsetof(struct isupport, field), sizeof(((struct isupport *)0)->field)
    {"CASEMAPPING", apply_casemapping, FIELD(casemapping)},
    {"PREFIX", apply_prefix, FIELD(prefix_modes)},
    {"CHANMODES", apply_chanmodes, FIELD(chanmodes)},
    {"CHANTYPES", apply_chantypes, FIELD(chantypes)},
    {"STATUSMSG", apply_statusmsg, FIELD(statusmsg)},
    {"NETWORK", apply_network, FIELD(network)},
    {"NICKLEN", apply_nicklen, FIELD(nicklen)},
    {"CHANNELLEN", apply_channellen, FIELD(channellen)},
    {"TOPICLEN", apply_topiclen, FIELD(topiclen)},
    {"KICKLEN", apply_kicklen, FIELD(kicklen)},
    {"AWAYLEN", apply_awaylen, FIELD(awaylen)},
    {"LINELEN", apply_linelen, FIELD(linelen)},
    {"MODES", apply_modes, FIELD(modes)},
    {"TARGMAX", apply_targmax, FIELD(targmax_join)},
    {"WHOX", apply_whox, FIELD(whox)},
    {"MONITOR", apply_monitor, FIELD(monitor)},
#undef FIELD
};

static const struct token *find_token(const char *key, size_t len)
{
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
        if (strlen(tokens[i].key) == len && !memcmp(tokens[i].key, key, len))
            return &tokens[i];
    return NULL;
}

static void restore(struct isupport *is, const struct token *token)
{
    struct isupport defaults;
    isupport_init(&defaults);
    memcpy((char *)is + token->offset, (const char *)&defaults + token->offset, token->size);
    if (token->apply == apply_prefix)
        memcpy(is->prefix_symbols, defaults.prefix_symbols, sizeof is->prefix_symbols);
}

static int hex(char c)
{
    if (isdigit((unsigned char)c))
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "\x20" is a space; what is no such escape stands for itself. False: too long, or holds NUL. */
static bool decode(char *dst, size_t size, const char *src)
{
    while (*src) {
        char c = *src++;
        if (c == '\\' && src[0] == 'x' && hex(src[1]) >= 0 && hex(src[2]) >= 0) {
            c = (char)(hex(src[1]) * 16 + hex(src[2]));
            src += 3;
        }
        if (!c || --size == 0)
            return false;
        *dst++ = c;
    }
    *dst = '\0';
    return true;
}

static void apply_token(struct isupport *is, const char *text)
{
    char value[MAX_VALUE];
    bool negated = *text == '-';
    text += negated;
    size_t len = strcspn(text, "=");
    const struct token *token = find_token(text, len);
    if (!token)
        return;
    if (negated)
        restore(is, token);
    else if (!text[len])
        token->apply(is, NULL);
    else if (decode(value, sizeof value, text + len + 1))
        token->apply(is, value);
}

void isupport_apply(struct isupport *is, const struct irc_msg *msg)
{
    for (int i = 1; i < msg->nparams - 1; i++)
        apply_token(is, msg->params[i]);
}

bool isupport_is_channel(const struct isupport *is, const char *name)
{
    return *name && strchr(is->chantypes, *name);
}

const char *isupport_skip_statusmsg(const struct isupport *is, const char *target)
{
    const char *s = target;
    while (*s && strchr(is->statusmsg, *s))
        if (isupport_is_channel(is, ++s))
            return s;
    return target;
}

static int find_index(const char *set, char c)
{
    const char *at = c ? strchr(set, c) : NULL;
    return at ? (int)(at - set) : -1;
}

int isupport_prefix_by_symbol(const struct isupport *is, char symbol)
{
    return find_index(is->prefix_symbols, symbol);
}

int isupport_prefix_by_mode(const struct isupport *is, char mode)
{
    return find_index(is->prefix_modes, mode);
}

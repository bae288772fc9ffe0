#include "modules/alias/expand.h"

#include <string.h>

#include "modules/common/text.h"

/* What a $ stands for. */
enum variable { VARIABLE_NONE, VARIABLE_WORD, VARIABLE_REST, VARIABLE_VALUE };

struct found {
    enum variable variable;
    size_t len; /* in the template */
    int word;   /* 1 to 9 */
    const char *value;
};

static struct found find(const char *s, const struct expand_values *v)
{
    const struct {
        const char *name;
        const char *value;
    } named[] = {{"nick", v->nick}, {"channel", v->channel}, {"me", v->me}, {"$", "$"}};
    if (s[1] == '*')
        return (struct found){VARIABLE_REST, 2, 1, NULL};
    if (s[1] >= '1' && s[1] <= '9') {
        bool rest = s[2] == '-';
        return (struct found){rest ? VARIABLE_REST : VARIABLE_WORD, rest ? 3 : 2, s[1] - '0', NULL};
    }
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        size_t len = strlen(named[i].name);
        if (strncmp(s + 1, named[i].name, len) == 0)
            return (struct found){VARIABLE_VALUE, len + 1, 0, named[i].value};
    }
    return (struct found){VARIABLE_NONE, 1, 0, NULL};
}

/* Where the word of that number begins; at the end of args when there are fewer. */
static const char *nth(const char *args, int n)
{
    args += strspn(args, " ");
    while (--n > 0 && *args) {
        args += strcspn(args, " ");
        args += strspn(args, " ");
    }
    return args;
}

int expand_words(const char *args)
{
    int n = 0;
    for (args = nth(args, 1); *args; args = nth(args, 2))
        n++;
    return n;
}

static const struct expand_values nothing = {"", "", "", ""};

int expand_words_needed(const char *text)
{
    int most = 0;
    for (const char *s = text; (s = strchr(s, '$'));) {
        struct found f = find(s, &nothing);
        int needs = f.variable == VARIABLE_WORD || f.len == 3 ? f.word : 0;
        if (needs > most)
            most = needs;
        s += f.len;
    }
    return most;
}

bool expand_begins_with_args(const char *text)
{
    if (*text != '$')
        return false;
    enum variable variable = find(text, &nothing).variable;
    return variable == VARIABLE_WORD || variable == VARIABLE_REST;
}

struct output {
    char *dst;
    size_t len, size;
};

static void put(struct output *out, const char *text, size_t len)
{
    size_t left = out->size - 1 - out->len;
    if (len > left)
        len = left;
    memcpy(out->dst + out->len, text, len);
    out->len += len;
}

void expand(const char *text, const struct expand_values *values, char *dst, size_t size)
{
    struct output out = {dst, 0, size};
    while (*text) {
        size_t plain = strcspn(text, "$");
        put(&out, text, plain);
        text += plain;
        if (!*text)
            break;
        struct found f = find(text, values);
        const char *from = nth(values->args, f.word);
        if (f.variable == VARIABLE_WORD)
            put(&out, from, strcspn(from, " "));
        else if (f.variable == VARIABLE_REST)
            put(&out, from, strlen(from));
        else if (f.variable == VARIABLE_VALUE)
            put(&out, f.value, strlen(f.value));
        else
            put(&out, "$", 1);
        text += f.len;
    }
    dst[out.len] = 0;
    if (out.len == size - 1) {
        /* Perhaps a character was cut: its first byte goes as well. */
        size_t start = out.len;
        while (start && ((unsigned char)dst[start - 1] & 0xc0) == 0x80)
            start--;
        if (start && (unsigned char)dst[start - 1] >= 0xc0 &&
            !text_is_utf8(dst + start - 1, out.len - start + 1))
            dst[start - 1] = 0;
    }
}

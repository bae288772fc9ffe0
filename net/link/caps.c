#include "net/link/caps.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define BIT(cap) (UINT32_C(1) << (cap))

static const char *const names[CAP_COUNT] = {
#define X(name, text) [CAP_##name] = (text),
    CAPS_LIST(X)
#undef X
};

static int find(const char *name, size_t len)
{
    for (int i = 0; i < CAP_COUNT; i++)
        if (strlen(names[i]) == len && !memcmp(names[i], name, len))
            return i;
    return -1;
}

/* The next word of a list; false at its end. */
static bool next_word(const char **list, const char **word, size_t *len)
{
    *word = *list + strspn(*list, " ");
    *len = strcspn(*word, " ");
    *list = *word + *len;
    return *len > 0;
}

static bool mechs_have(const char *mechs, size_t len, const char *name)
{
    size_t n = strlen(name);
    for (const char *end = mechs + len; mechs < end;) {
        const char *comma = memchr(mechs, ',', (size_t)(end - mechs));
        size_t word = (size_t)((comma ? comma : end) - mechs);
        if (word == n && !strncasecmp(mechs, name, n))
            return true;
        mechs += word + 1;
    }
    return false;
}

static void learn_mechs(struct caps *caps, const char *mechs, size_t len)
{
    caps->mechs_known = len > 0;
    caps->mech_plain = mechs_have(mechs, len, "PLAIN");
    caps->mech_external = mechs_have(mechs, len, "EXTERNAL");
}

/* The caps of a list as bits; what is after '=' is a value. */
static uint32_t read_list(struct caps *caps, const char *list, bool learn)
{
    uint32_t set = 0;
    const char *word;
    size_t len;
    while (next_word(&list, &word, &len)) {
        const char *value = memchr(word, '=', len);
        size_t name_len = value ? (size_t)(value - word) : len;
        int cap = find(word, name_len);
        if (cap < 0)
            continue;
        set |= BIT(cap);
        if (learn && cap == CAP_SASL)
            learn_mechs(caps, value ? value + 1 : "", value ? len - name_len - 1 : 0);
    }
    return set;
}

static void request(struct caps *caps, uint32_t set, const struct sink *out)
{
    char line[512] = "CAP REQ :";
    size_t len = strlen(line);
    for (int i = 0; i < CAP_COUNT; i++)
        if (set & BIT(i))
            len += (size_t)snprintf(line + len, sizeof line - len, "%s ", names[i]);
    caps->requested |= set;
    out->send(out->arg, line, len - 1);
}

static void request_new(struct caps *caps, const struct sink *out)
{
    uint32_t want = caps->offered & ~caps->enabled & ~caps->requested;
    if (!caps->want_sasl)
        want &= ~BIT(CAP_SASL);
    if (want)
        request(caps, want, out);
}

static unsigned feed_ack(struct caps *caps, const char *list)
{
    unsigned changed = 0;
    const char *word;
    size_t len;
    while (next_word(&list, &word, &len)) {
        bool off = *word == '-';
        int cap = find(word + off, len - off);
        if (cap < 0)
            continue;
        caps->requested &= ~BIT(cap);
        if (off) {
            caps->enabled &= ~BIT(cap);
            continue;
        }
        if (cap == CAP_SASL && !(caps->enabled & BIT(cap)))
            changed |= CAPS_SASL_ON;
        caps->enabled |= BIT(cap);
    }
    return changed;
}

static void feed_nak(struct caps *caps, const char *list, const struct sink *out)
{
    uint32_t refused = read_list(caps, list, false) & caps->requested;
    if (!refused)
        refused = caps->requested; /* named nothing that we know: do not wait for ever */
    caps->requested &= ~refused;
    if (!(refused & (refused - 1)))
        return;
    /* One of several was refused, and the others with it: each by itself. */
    for (int i = 0; i < CAP_COUNT; i++)
        if (refused & BIT(i))
            request(caps, BIT(i), out);
}

void caps_begin(struct caps *caps, bool want_sasl, const struct sink *out)
{
    *caps = (struct caps){.want_sasl = want_sasl};
    sink_printf(out, "CAP LS 302");
}

unsigned caps_feed(struct caps *caps, const struct irc_msg *msg, const struct sink *out)
{
    const char *what = irc_param(msg, 1);
    bool more = msg->nparams > 3 && !strcmp(irc_param(msg, 2), "*");
    const char *list = irc_param(msg, more ? 3 : 2);
    unsigned changed = 0;

    if (!strcasecmp(what, "LS")) {
        caps->offered |= read_list(caps, list, true);
        if (more)
            return 0;
        caps->listed = true;
        request_new(caps, out);
    } else if (!strcasecmp(what, "NEW")) {
        caps->offered |= read_list(caps, list, true);
        request_new(caps, out);
    } else if (!strcasecmp(what, "DEL")) {
        uint32_t gone = read_list(caps, list, false);
        caps->offered &= ~gone;
        caps->enabled &= ~gone;
        caps->requested &= ~gone;
    } else if (!strcasecmp(what, "ACK")) {
        changed = feed_ack(caps, list);
    } else if (!strcasecmp(what, "NAK")) {
        feed_nak(caps, list, out);
    }
    return changed | (caps->listed && !caps->requested ? CAPS_SETTLED : 0);
}

bool caps_enabled(const struct caps *caps, const char *name)
{
    int cap = find(name, strlen(name));
    return cap >= 0 && caps->enabled & BIT(cap);
}

bool caps_sasl_offers(const struct caps *caps, bool external)
{
    return !caps->mechs_known || (external ? caps->mech_external : caps->mech_plain);
}

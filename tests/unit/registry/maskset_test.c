#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "net/proto/hostmask.h"
#include "registry/maskset.h"
#include "views.h"

#define ALICE "Alice", "al", "Host-1.Example.org", "AliceAcc"

/* What the set says of the source; NULL for no match. */
static const char *match(enum casemapping map, const char *const *masks, size_t count,
                         const char *nick, const char *user, const char *host, const char *account)
{
    static char found[300];
    struct mask_source source;
    mask_source_init(&source, map, nick, user, host, account);
    struct maskset *set = maskset_new(map, masks, count);
    const char *mask = maskset_match(set, &source);
    snprintf(found, sizeof found, "%s", mask ? mask : "");
    maskset_free(set);
    return mask ? found : NULL;
}

static bool one(const char *mask, const char *nick, const char *user, const char *host,
                const char *account)
{
    return match(CASEMAPPING_RFC1459, &mask, 1, nick, user, host, account) != NULL;
}

static void matches_single_masks(void **state)
{
    static const struct {
        const char *mask;
        bool matches; /* Alice!al@Host-1.Example.org, account AliceAcc */
    } rows[] = {
        {"*!*@*", true},
        {"alice!*@*", true},
        {"ALICE!AL@HOST-1.EXAMPLE.ORG", true},
        {"alice!al@host-1.example.org", true},
        {"alice!al@host-1.example.or", false},
        {"alice!al@host-1.example.orgg", false},
        {"*!*@host-1.example.org", true},
        {"*!*@host-2.example.org", false},
        {"*!al@*.example.org", true},
        {"*!al@*.org", true},
        {"*!al@*.example.net", false},
        {"*!bo@*.example.org", false},
        {"?lice!?l@*", true},
        {"??lice!*@*", false},
        {"*!*@host-?.example.org", true},
        {"*!*@host-??.example.org", false},
        {"a*e!a*@h*g", true},
        {"*!*@*ost*amp*", true},
        {"*!*@*amp*ost*", false},
        {"alice!*@*.or?", true},
        {"\\alice!*@*", true},
        {"\\*!*@*", false},
        {"alice!*@\\*", false},
        {"*!*@host-1.example.org\\", false},
        {"account:aliceacc", true},
        {"account:AliceAcc", true},
        {"ACCOUNT:alice*", true},
        {"account:*", true},
        {"account:alice", false},
        {"account:?liceac?", true},
        {"account:al\\iceacc", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (one(rows[i].mask, ALICE) != rows[i].matches)
            fail_msg("%s", rows[i].mask);
}

static void unknown_parts_match_only_what_matches_nothing(void **state)
{
    (void)state;
    assert_true(one("bob!*@*", "bob", NULL, "", NULL));
    assert_false(one("bob!?*@*", "bob", NULL, "", NULL));
    assert_false(one("*!*@evil.example", "bob", "", "", NULL));
    assert_false(one("account:*", "bob", "b", "h", NULL));
    assert_false(one("account:*", "bob", "b", "h", ""));
    /* the host is what follows the last @ */
    assert_true(one("*!*@h.example", "bob", "b@c", "h.example", NULL));
    assert_false(one("*!*@c@h.example", "bob", "b", "h.example", NULL));
    /* a name that looks like a wildcard is none */
    assert_true(one("*!*@\\*", "bob", "b", "*", NULL));
    assert_false(one("*!*@\\*", "bob", "b", "x", NULL));
}

static void folds_under_the_casemapping(void **state)
{
    static const struct {
        const char *mask;
        const char *nick;
        bool rfc1459, strict, ascii;
    } rows[] = {
        {"NICK!*@*", "nick", true, true, true},
        {"a[b]\\\\!*@*", "a{b}|", true, true, false},
        {"a^long!*@*", "a~LONG", true, false, false},
        {"account:[x]", "{x}", true, true, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const bool wanted[] = {rows[i].rfc1459, rows[i].strict, rows[i].ascii};
        for (int map = CASEMAPPING_RFC1459; map <= CASEMAPPING_ASCII; map++) {
            bool account = !strncmp(rows[i].mask, "account:", 8);
            bool found =
                match((enum casemapping)map, &rows[i].mask, 1, account ? "bob" : rows[i].nick, "u",
                      "h", account ? rows[i].nick : NULL) != NULL;
            if (found != wanted[map])
                fail_msg("%s %s: %d", rows[i].mask, casemapping_name((enum casemapping)map), found);
        }
    }
}

static bool not_the_first_two(const void *arg, size_t number)
{
    (void)arg;
    return number > 1;
}

static void names_the_first_that_matches(void **state)
{
    static const char *const masks[] = {"bob!*@*",
                                        "*!*@*.example.org",
                                        "alice!*@*",
                                        "*!*@*",
                                        "account:aliceacc",
                                        "alice!al@host-1.example.org",
                                        "*!*@host-1.example.org"};
    (void)state;
    assert_string_equal(match(CASEMAPPING_ASCII, masks, 7, ALICE), "*!*@*.example.org");
    for (size_t first = 2; first < 7; first++)
        assert_string_equal(match(CASEMAPPING_ASCII, masks + first, 7 - first, ALICE),
                            masks[first]);
    struct mask_source source;
    mask_source_init(&source, CASEMAPPING_ASCII, ALICE);
    struct maskset *set = maskset_new(CASEMAPPING_ASCII, masks, 7);
    assert_int_equal(maskset_find(set, &source, not_the_first_two, NULL), 2);
    maskset_free(set);
    set = maskset_new(CASEMAPPING_ASCII, NULL, 0);
    assert_null(maskset_match(set, &source));
    assert_null(maskset_match(NULL, &source));
    maskset_free(set);
}

static void checks_masks(void **state)
{
    static const struct {
        const char *mask;
        const char *why; /* NULL: accepted */
    } rows[] = {
        {"nick!user@host", NULL},
        {"*!*@*", NULL},
        {"*!*@gateway/web/irccloud.com/x-1", NULL},
        {"a\\!b!*@*", NULL},
        {"account:alice", NULL},
        {"account:*", NULL},
        {"", "1 to 256 bytes"},
        {"alice", "did you mean alice!*@*?"},
        {"*.example.org", "did you mean *!*@*.example.org?"},
        {"al@example.org", "did you mean *!al@example.org?"},
        {"alice!al", "did you mean alice!al@*?"},
        {"alice\\!al@host", "nick!user@host or account:NAME"},
        {"a b!*@*", "no space"},
        {"a!b@c\x01", "control character"},
        {"!*@*", "write * for what may be anything"},
        {"*!@*", "write * for what may be anything"},
        {"*!*@", "write * for what may be anything"},
        {"account:", "must be followed by a name"},
    };
    char longest[300];
    char why[256];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int rc = mask_check(rows[i].mask, why, sizeof why);
        if ((rc == 0) != (rows[i].why == NULL) || (rc && !strstr(why, rows[i].why)))
            fail_msg("%s: %d %s", rows[i].mask, rc, rc ? why : "");
    }
    memset(longest, 'a', sizeof longest);
    memcpy(longest, "*!*@", 4);
    longest[257] = '\0';
    assert_int_equal(mask_check(longest, why, sizeof why), -1);
    longest[256] = '\0';
    assert_int_equal(mask_check(longest, why, sizeof why), 0);
}

static void writes_masks_for_sources(void **state)
{
    static const struct {
        const char *nick, *host, *account;
        const char *mask;
    } rows[] = {
        {"alice", "h.example", "Al", "account:Al"},
        {"alice", "h.example", NULL, "*!*@h.example"},
        {"al[i]ce", "", NULL, "al[i]ce!*@*"},
        {"a", "we?rd*ho\\st", NULL, "*!*@we\\?rd\\*ho\\\\st"},
    };
    char mask[600];
    char why[256];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mask_write(mask, sizeof mask, rows[i].nick, rows[i].host, rows[i].account);
        assert_string_equal(mask, rows[i].mask);
        assert_int_equal(mask_check(mask, why, sizeof why), 0);
        assert_true(one(mask, rows[i].nick, "u", rows[i].host, rows[i].account));
    }
    assert_false(one("*!*@we\\?rd\\*ho\\\\st", "a", "u", "weXrd*ho\\st", NULL));
    /* What has no exact mask has one that covers it. */
    for (int kind = 0; kind < 4; kind++) {
        char host[300];
        memset(host, kind == 0 ? '*' : kind == 1 ? '\\' : 'h', sizeof host);
        host[kind == 3 ? 20 : kind == 2 ? 255 : 200] = '\0';
        host[10] = kind == 3 ? '\003' : host[10];
        mask_write(mask, sizeof mask, "a", host, NULL);
        if (mask_check(mask, why, sizeof why))
            fail_msg("%s: %s", mask, why);
        assert_true(one(mask, "other", "u", host, NULL));
        host[0] = 'x';
        assert_false(kind > 1 && one(mask, "other", "u", host, NULL));
    }
}

/* ---- Against a matcher that knows no tricks ---- */

static void random_text(struct views_random *r, char *dst, size_t most, const char *letters)
{
    size_t len = 1 + views_random(r, (uint32_t)most);
    for (size_t i = 0; i < len; i++)
        dst[i] = letters[views_random(r, (uint32_t)strlen(letters))];
    dst[len] = '\0';
}

static void random_mask(struct views_random *r, char *dst, size_t size, bool fixed)
{
    const char *letters = fixed ? "aAbB.[" : views_random(r, 3) ? "aAbB.[{*?" : "ab*?\\!@^~";
    char parts[3][24];
    for (int i = 0; i < 3; i++)
        random_text(r, parts[i], fixed ? 6 : 20, letters);
    snprintf(dst, size, "%s!%s@%s", parts[0], parts[1], parts[2]);
}

/* A text that the part of a mask matches, mostly. */
static void fill_in(struct views_random *r, char *dst, const char *part, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (part[i] == '*' && views_random(r, 2))
            *dst++ = "aAbB"[views_random(r, 4)];
        else if (part[i] == '\\' && i + 1 < len)
            *dst++ = part[++i];
        else if (part[i] != '*')
            *dst++ = part[i] == '?' ? 'b' : part[i];
    }
    *dst = '\0';
}

static void fill_in_mask(struct views_random *r, char parts[3][24], const char *mask)
{
    const char *bang = strchr(mask, '!');
    const char *at = strrchr(mask, '@');
    fill_in(r, parts[0], mask, (size_t)(bang - mask));
    fill_in(r, parts[1], bang + 1, (size_t)(at - bang - 1));
    fill_in(r, parts[2], at + 1, strlen(at + 1));
}

static void agrees_with_the_naive_matcher(void **state)
{
    enum { ROUNDS = 400, MASKS = 60, SOURCES = 20 };
    struct views_random r = {4711};
    size_t hits = 0;
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        enum casemapping map = (enum casemapping)(round % 3);
        static char texts[MASKS][100];
        const char *masks[MASKS];
        size_t count = 1 + views_random(&r, MASKS);
        for (size_t i = 0; i < count; i++) {
            random_mask(&r, texts[i], sizeof texts[i], views_random(&r, 4) == 0);
            masks[i] = texts[i];
        }
        struct maskset *set = maskset_new(map, masks, count);
        for (int s = 0; s < SOURCES; s++) {
            char parts[3][24];
            char whole[100];
            struct mask_source source;
            for (int i = 0; i < 3; i++)
                random_text(&r, parts[i], s % 4 ? 6 : 20, "aAbB.[{^~");
            if (s % 2)
                fill_in_mask(&r, parts, masks[views_random(&r, (uint32_t)count)]);
            mask_source_init(&source, map, parts[0], parts[1], parts[2], NULL);
            snprintf(whole, sizeof whole, "%s!%s@%s", parts[0], parts[1], parts[2]);
            long naive = -1;
            for (size_t i = 0; i < count && naive < 0; i++)
                if (glob_match(map, masks[i], whole))
                    naive = (long)i;
            long found = maskset_find(set, &source, NULL, NULL);
            if (found != naive)
                fail_msg("%s of %zu masks under %s: %ld (%s) instead of %ld (%s)", whole, count,
                         casemapping_name(map), found, found < 0 ? "-" : masks[found], naive,
                         naive < 0 ? "-" : masks[naive]);
            hits += found >= 0;
        }
        maskset_free(set);
    }
    assert_true(hits > ROUNDS * SOURCES / 20);
    assert_true(hits < ROUNDS * SOURCES);
}

/* ---- Cost ---- */

static int64_t time_us(const struct maskset *set, const struct mask_source *source, int rounds)
{
    int64_t before = clock_now(&clock_system);
    for (int i = 0; i < rounds; i++)
        maskset_match(set, source);
    return (clock_now(&clock_system) - before) * 1000 / rounds;
}

/* A run between two stars of any length is found, at each place of a word of bits. */
static void finds_long_runs(void **state)
{
    (void)state;
    for (int len = 1; len <= 200; len++) {
        char host[256];
        char mask[257];
        memset(host, 'a', sizeof host);
        host[20 + len] = '\0';
        host[10] = 'b';
        host[10 + len / 2] = 'c';
        host[9 + len] = 'd';
        snprintf(mask, sizeof mask, "*!*@*%.*s*", len, host + 10);
        assert_true(one(mask, "n", "u", host, NULL));
        mask[5 + len / 3] = '?';
        assert_true(one(mask, "n", "u", host, NULL));
        mask[5 + len / 3] = 'e';
        assert_false(one(mask, "n", "u", host, NULL));
    }
}

/* Patterns that take a backtracking matcher for ever, and a quadratic one long. */
static void hostile_masks_are_not_slow(void **state)
{
    static const char *const runs[] = {"a", "a*", "*a", "a?", "?a", "aaaaaaaaaaaaaaaa?"};
    char mask[257];
    char host[256];
    (void)state;
    memset(host, 'a', 255);
    host[255] = '\0';
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        size_t len = (size_t)sprintf(mask, "*!*@*");
        while (len + strlen(runs[i]) + 3 < sizeof mask)
            len += (size_t)sprintf(mask + len, "%s", runs[i]);
        for (int ending = 0; ending < 2; ending++) {
            struct mask_source source;
            const char *masks[] = {mask};
            snprintf(mask + len, sizeof mask - len, "%s", ending ? "b*" : "b");
            mask_source_init(&source, CASEMAPPING_ASCII, host, host, host, NULL);
            struct maskset *set = maskset_new(CASEMAPPING_ASCII, masks, 1);
            assert_null(maskset_match(set, &source));
            int64_t us = 501;
            for (int tries = 0; tries < 20 && us > 500; tries++)
                us = time_us(set, &source, 50);
            if (us > 500) /* a bound for sanitizers and slow machines; the benchmark measures */
                fail_msg("%s: %lld us", mask, (long long)us);
            maskset_free(set);
        }
    }
}

static void ten_thousand_masks_cost_little(void **state)
{
    enum { MASKS = 10000 };
    static char texts[MASKS][64];
    static const char *masks[MASKS];
    (void)state;
    for (int i = 0; i < MASKS; i++) {
        switch (i % 5) {
        case 0:
            snprintf(texts[i], sizeof texts[i], "nick%d!user@host%d.example.org", i, i % 97);
            break;
        case 1:
            snprintf(texts[i], sizeof texts[i], "*!*@host%d.isp%d.example", i, i % 97);
            break;
        case 2:
            snprintf(texts[i], sizeof texts[i], "*!user%d@*.isp%d.example", i, i % 97);
            break;
        case 3:
            snprintf(texts[i], sizeof texts[i], "account:name%d-%d", i, i % 97);
            break;
        default:
            snprintf(texts[i], sizeof texts[i], "nick%d!*@*.example%d.org", i, i % 97);
            break;
        }
        masks[i] = texts[i];
    }
    struct maskset *set = maskset_new(CASEMAPPING_RFC1459, masks, MASKS);
    struct mask_source source;
    for (int i = 0; i < MASKS; i += 501) {
        int shape = i % 5;
        char nick[32], user[32], host[64], account[32];
        snprintf(nick, sizeof nick, "%s%d", shape == 0 || shape == 4 ? "NICK" : "x", i);
        str_copy(user, sizeof user, "user");
        if (shape == 2)
            snprintf(user, sizeof user, "user%d", i);
        if (shape == 0)
            snprintf(host, sizeof host, "host%d.example.org", i % 97);
        else if (shape == 4)
            snprintf(host, sizeof host, "any.example%d.org", i % 97);
        else
            snprintf(host, sizeof host, "host%d.isp%d.example", i, i % 97);
        snprintf(account, sizeof account, "%s%d-%d", shape == 3 ? "Name" : "none", i, i % 97);
        mask_source_init(&source, CASEMAPPING_RFC1459, nick, user, host, account);
        long found = maskset_find(set, &source, NULL, NULL);
        if (found != i)
            fail_msg("%s: %ld", masks[i], found);
    }
    mask_source_init(&source, CASEMAPPING_RFC1459, "nobody", "user", "host.isp1.example", "no-one");
    assert_null(maskset_match(set, &source));
    bool quick = false; /* now and then, on a busy machine with sanitizers */
    for (int i = 0; i < 20 && !quick; i++)
        quick = time_us(set, &source, 100) < 100;
    assert_true(quick);
    assert_true(maskset_bytes(set) < MASKS * 200);
    maskset_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_single_masks),
        cmocka_unit_test(unknown_parts_match_only_what_matches_nothing),
        cmocka_unit_test(folds_under_the_casemapping),
        cmocka_unit_test(names_the_first_that_matches),
        cmocka_unit_test(checks_masks),
        cmocka_unit_test(writes_masks_for_sources),
        cmocka_unit_test(agrees_with_the_naive_matcher),
        cmocka_unit_test(finds_long_runs),
        cmocka_unit_test(hostile_masks_are_not_slow),
        cmocka_unit_test(ten_thousand_masks_cost_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

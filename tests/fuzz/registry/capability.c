#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "registry/accounts.h"
#include "registry/fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST 64

static void must(bool what)
{
    if (!what)
        abort();
}

/* What was read is written so that it reads the same again. */
static bool read_back(const char *text, struct capability *c)
{
    char why[REGISTRY_WHY_SIZE] = "";
    char once[CAPABILITY_MAX + 1];
    char again[CAPABILITY_MAX + 1];
    struct capability second;
    if (capability_parse(c, text, why, sizeof why)) {
        must(*why && memchr(why, '\0', sizeof why));
        return false;
    }
    capability_write(c, once, sizeof once);
    must(!capability_parse(&second, once, why, sizeof why));
    must(!strcmp(once, capability_write(&second, again, sizeof again)));
    must(!strcmp(c->network, second.network) && !strcmp(c->channel, second.channel) &&
         !strcmp(c->name, second.name) && c->anti == second.anti);
    return true;
}

/* Of a capability and its opposite, exactly one is had; who has owner is refused nothing. */
static void check_one(const struct capability_query *q, const struct capability *c)
{
    struct capability opposite = *c;
    struct capability owner = {.name = "owner"};
    opposite.anti = !c->anti;
    struct capability_answer a = capability_check(q, c);
    struct capability_answer b = capability_check(q, &opposite);
    must(a.allowed != b.allowed && a.step == b.step);
    if (!*c->network && capability_check(q, &owner).allowed) {
        must(a.allowed != c->anti);
        /* a name that is too long for a capability is nobody's */
        must(strlen(c->name) > 126 ||
             capability_check_command(q, c->name, "x", *c->channel ? c->channel : NULL).allowed);
    }
}

/* Lines: the own set. The first line is also asked, and is a command and its channel. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct capability items[MOST];
    size_t count = 0;
    char *rest;
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    for (char *line = strtok_r(text, "\n", &rest); line && count < MOST;
         line = strtok_r(NULL, "\n", &rest))
        if (read_back(line, &items[count]))
            count++;
    struct account account = {.name = "a"};
    struct capability_query q = {
        .network = "A", .casemapping = CASEMAPPING_RFC1459, .account = &account};
    account.capabilities = capability_set_new(items, count);
    must(capability_set_count(account.capabilities) <= count);
    for (size_t i = 0; i < count; i++) {
        check_one(&q, &items[i]);
        must(capability_set_says(account.capabilities, items[i].network, q.casemapping, &items[i],
                                 NULL) != 0);
        capability_check_command(&q, items[i].name, items[i].name, items[i].channel);
    }
    capability_set_unref(account.capabilities);
    free(text);
    return 0;
}

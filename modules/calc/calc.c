/* calc: a calculator that nobody needs to be trusted with: see eval.h. Stores nothing. */
#include <inttypes.h>
#include <seshet/module.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "modules/calc/eval.h"

/* Cuts "in hex" off the end. */
static bool wants_hex(char *text)
{
    static const char ending[] = " in hex";
    size_t len = strlen(text);
    size_t of_ending = strlen(ending);
    if (len <= of_ending || strcasecmp(text + len - of_ending, ending) != 0)
        return false;
    text[len - of_ending] = 0;
    return true;
}

static void calc(seshet_ctx *ctx, const seshet_event *ev)
{
    char text[EVAL_TEXT_MAX + 16];
    char why[EVAL_WHY_SIZE];
    char number[64];
    struct eval_value v;
    if (!ev->args[0]) {
        seshet_reply(ctx, "Calculate what? %s (2+3)*4", ev->command);
        return;
    }
    if (strlen(ev->args) >= sizeof text || seshet_strip(text, sizeof text, ev->args) < 0) {
        seshet_reply(ctx, "I cannot calculate that: it is longer than %d bytes.", EVAL_TEXT_MAX);
        return;
    }
    bool hex = wants_hex(text);
    if (eval(text, &v, why)) {
        seshet_reply(ctx, "I cannot calculate that: %s.", why);
        return;
    }
    if (hex && v.whole) {
        uint64_t n = v.n < 0 ? -(uint64_t)v.n : (uint64_t)v.n;
        snprintf(number, sizeof number, "%s0x%" PRIx64, v.n < 0 ? "-" : "", n);
    } else {
        eval_format(&v, number, sizeof number);
    }
    seshet_reply(ctx, "%s%s", number, hex && !v.whole ? " (only whole numbers in hex)" : "");
}

/* clang-format off */
SESHET_MODULE(
    .name = "calc", .version = "1.0", .description = "Calculates.",
    .commands = SESHET_COMMANDS(
        { "calc", calc, .usage = "EXPRESSION [in hex]",
          .help = "Calculate with + - * / // % ^ ( ), 0x 0b 0o, pi e tau phi, sqrt cbrt abs fact "
                  "floor ceil round trunc exp ln log log2 sin cos tan asin acos atan min max gcd." }),
)

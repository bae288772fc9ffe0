/* choose: takes one of several things, and throws coins. Stores nothing. */
#include <errno.h>
#include <seshet/module.h>
#include <string.h>
#include <strings.h>

#include "modules/common/phrase.h"

enum { CHOICES_MAX = 100, TEXT_SIZE = 1024 };

/* What separates choices is the first of these that is there: "tea, black or green | coffee" are
 * two. After commas the last two may be separated by "or". */
static const char *const separators[] = {"|", ",", " or ", " "};

static const char *find_separator(const char *text)
{
    for (size_t i = 0; i < sizeof separators / sizeof *separators; i++)
        if (strcasestr(text, separators[i]))
            return separators[i];
    return NULL;
}

/* Without spaces around it, and without the "or" before the last one: "a, b, or c". */
static char *trim(char *text)
{
    text += strspn(text, " ");
    if (strncasecmp(text, "or ", 3) == 0)
        text += 3 + strspn(text + 3, " ");
    size_t len = strlen(text);
    while (len && text[len - 1] == ' ')
        text[--len] = 0;
    return text;
}

/* Cuts the text into choices; gives how many there are, those over CHOICES_MAX left out. */
static long split(char *text, char *choices[CHOICES_MAX])
{
    const char *separator = find_separator(text);
    long count = 0;
    while (text && count < CHOICES_MAX) {
        char *end = separator ? strcasestr(text, separator) : NULL;
        if (separator && !end && *separator == ',') {
            separator = " or ";
            end = strcasestr(text + strspn(text, " "), separator);
        }
        if (end) {
            *end = 0;
            end += strlen(separator);
        }
        choices[count] = trim(text);
        count += choices[count][0] != 0;
        text = end;
    }
    return count;
}

static void choose(seshet_ctx *ctx, const seshet_event *ev)
{
    char text[TEXT_SIZE];
    char *choices[CHOICES_MAX];
    phrase_clean(text, sizeof text, ev->args);
    size_t len = strlen(text);
    while (len && text[len - 1] == '?')
        text[--len] = 0;
    long count = split(text, choices);
    if (count < 2) {
        seshet_reply(ctx, "Between what? %s this, that or something else", ev->command);
        return;
    }
    long n = phrase_random(count);
    if (n < 0)
        seshet_reply(ctx, "The system gives no random numbers: %s", strerror(errno));
    else
        seshet_reply(ctx, "%s", choices[n]);
}

static void coin(seshet_ctx *ctx, const seshet_event *ev)
{
    (void)ev;
    long n = phrase_random(2);
    if (n < 0)
        seshet_reply(ctx, "The system gives no random numbers: %s", strerror(errno));
    else
        seshet_reply(ctx, n ? "heads" : "tails");
}

/* clang-format off */
SESHET_MODULE(
    .name = "choose", .version = "1.0", .description = "Takes one of several things.",
    .commands = SESHET_COMMANDS(
        { "choose", choose, .usage = "THIS, THAT or SOMETHING",
          .help = "Take one of them; | , or spaces separate them as well." },
        { "coin", coin, .help = "Throw a coin." }),
)

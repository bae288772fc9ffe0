/* The main file's text: whatever it is, the answer is a whole configuration or at least one error.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/xmalloc.h"
#include "conf/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 forgets the text it was reading when it meets a syntax error. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig.so";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct conf_surroundings around = {
        .dir = "/etc/seshet", .program_dir = "/usr/bin", .state_dir = "/var/lib/seshet"};
    struct conf_errors errors = {0};
    char *text = xmalloc(size + 1);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)data[i];
    text[size] = '\0';
    struct conf_main *conf =
        conf_main_parse(text, size, "fuzz.conf", &around, CONF_TEXT_ONLY, &errors);
    if (!conf != (errors.errors > 0))
        abort();
    if (conf &&
        (!conf->state_dir || !conf->networks_dir || !conf->registry.uri || !conf->registry.prefix ||
         !conf->modules.system_dir || !conf->modules.user_dir || !conf->control.socket))
        abort();
    for (size_t i = 0; i < errors.count; i++)
        free(conf_error_text(&errors.items[i]));
    conf_main_free(conf);
    conf_errors_free(&errors);
    free(text);
    return 0;
}

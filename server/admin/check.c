#include "server/admin/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "server/route/judge.h"

void check_print(const struct conf_errors *errors)
{
    for (size_t i = 0; i < errors->count; i++) {
        char *text = conf_error_text(&errors->items[i]);
        fprintf(stderr, "%s\n", text);
        free(text);
    }
    char *rest = conf_errors_rest(errors);
    if (rest)
        fprintf(stderr, "%s\n", rest);
    free(rest);
}

static size_t check_networks(const char *dir, const struct conf_judge *judge, size_t *count)
{
    struct conf_errors errors = {0};
    struct conf_networks *networks = conf_networks_load(dir, judge, &errors);
    size_t wrong = errors.errors;
    check_print(&errors);
    for (size_t i = 0; networks && i < networks->count; i++) {
        check_print(&networks->files[i].errors);
        wrong += networks->files[i].errors.errors;
    }
    *count = networks ? networks->count : 0;
    conf_networks_free(networks);
    conf_errors_free(&errors);
    return wrong;
}

int check_configuration(const char *path)
{
    struct conf_errors errors = {0};
    struct judge judge;
    judge_init(&judge);
    struct conf_main *conf = conf_main_load(path, &judge.conf, &errors);
    size_t wrong = errors.errors;
    size_t count = 0;
    check_print(&errors);
    char *networks_dir = conf_networks_dir(path);
    if (networks_dir)
        wrong += check_networks(networks_dir, &judge.conf, &count);
    free(networks_dir);
    judge_clear(&judge);
    if (wrong)
        fprintf(stderr, "%s: %zu error%s\n", path, wrong, wrong == 1 ? "" : "s");
    else
        printf("%s: good, with %zu network%s\n", path, count, count == 1 ? "" : "s");
    conf_main_free(conf);
    conf_errors_free(&errors);
    return wrong ? -1 : 0;
}

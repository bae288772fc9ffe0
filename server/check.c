#include "server/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "registry/registry.h"
#include "registry/uri.h"
#include "server/first_values.h"

void check_print(const struct conf_errors *errors)
{
    for (size_t i = 0; i < errors->count; i++) {
        char *text = conf_error_text(&errors->items[i]);
        fprintf(stderr, "%s\n", text);
        free(text);
    }
}

/* What a URI may be is the registry's knowledge. */
static size_t check_registry(const struct conf_main *conf)
{
    char why[REGISTRY_WHY_SIZE];
    struct registry_uri uri;
    if (uri_parse(&uri, conf->registry.uri, why, sizeof why)) {
        fprintf(stderr, "%s: registry.uri: %s\n", conf->path, why);
        return 1;
    }
    bool unsupported = uri.kind == URI_TLS && !uri_tls_supported();
    if (unsupported)
        fprintf(stderr,
                "%s: registry.uri: rediss:// needs a hiredis with TLS (1.0 or newer), which this "
                "build has not\n",
                conf->path);
    uri_clear(&uri);
    return unsupported;
}

static size_t check_networks(const char *dir, size_t *count)
{
    struct conf_errors errors = {0};
    struct conf_networks *networks = conf_networks_load(dir, &errors);
    size_t wrong = errors.errors;
    check_print(&errors);
    for (size_t i = 0; networks && i < networks->count; i++) {
        first_values_check(&networks->files[i]);
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
    struct conf_main *conf = conf_main_load(path, &errors);
    size_t wrong = errors.errors;
    size_t count = 0;
    check_print(&errors);
    if (conf) {
        wrong += check_registry(conf);
        wrong += check_networks(conf->networks_dir, &count);
    }
    if (wrong)
        fprintf(stderr, "%s: %zu error%s\n", path, wrong, wrong == 1 ? "" : "s");
    else
        printf("%s: good, with %zu network%s\n", path, count, count == 1 ? "" : "s");
    conf_main_free(conf);
    conf_errors_free(&errors);
    return wrong ? -1 : 0;
}

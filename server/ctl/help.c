#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "server/ctl/command.h"

const char *const ctl_options[] = {"-c", "--socket", "--json", "--help", "--version", NULL};

void ctl_usage(void)
{
    puts("usage: seshetctl [-c FILE | --socket PATH] [--json] COMMAND\n"
         "\n"
         "Asks a running seshetd.\n"
         "\n"
         "commands:");
    for (int i = 0; i < COMMAND_COUNT; i++)
        printf("  %-21s%s\n", command_specs[i].name, command_specs[i].help);
    puts("  help [COMMAND]       Show this, or how a command is used\n"
         "  completion bash      Print a completion script for bash\n"
         "\n"
         "options:\n"
         "  -c FILE             The server's configuration, which names its socket\n"
         "  --socket PATH       The socket itself\n"
         "  --json              Print the answer as the server gave it\n"
         "  --help              Show this, or how a command is used\n"
         "  --version           Show the version\n"
         "\n"
         "exit status: 0 done, 1 refused by the server, 2 usage or configuration, 3 no server");
}

static bool is_of_group(const struct command_spec *spec, const char *group)
{
    size_t len = strlen(group);
    return !strncmp(spec->name, group, len) && spec->name[len] == ' ';
}

bool ctl_is_group(const char *word)
{
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (is_of_group(&command_specs[i], word))
            return true;
    return false;
}

void ctl_usage_of_group(FILE *out, const char *group)
{
    fprintf(out, "usage: seshetctl %s COMMAND\n\ncommands:\n", group);
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (is_of_group(&command_specs[i], group))
            fprintf(out, "  %-20s%s\n", command_specs[i].name, command_specs[i].help);
    fprintf(out, "\n\"seshetctl help %s COMMAND\" shows how one of them is used.\n", group);
}

void ctl_usage_of(const struct command_spec *spec)
{
    char *usage = command_usage(spec);
    printf("usage: seshetctl %s\n\n%s.\n", usage, spec->help);
    free(usage);
    for (size_t i = 0; spec->params[i]; i++) {
        const struct command_param *p = spec->params[i];
        bool option = p->kind == PARAM_OPTION || p->kind == PARAM_FLAG;
        if (p->kind == PARAM_INTERNAL)
            continue;
        char *name = xasprintf("%s%s%s%s", option ? "--" : "", option ? p->name : "",
                               option && p->shown ? " " : "", p->shown ? p->shown : "");
        printf("%s  %-26s%s\n", i ? "" : "\n", name, p->help);
        free(name);
    }
}

void ctl_print_completion(void)
{
    puts("# bash completion for seshetctl; load it with: . <(seshetctl completion bash)\n"
         "_seshetctl() {\n"
         "  local words word\n"
         "  COMPREPLY=()\n"
         "  mapfile -t words < <(\"${COMP_WORDS[0]}\" __complete \"${COMP_WORDS[@]:1:COMP_CWORD}\" "
         "2>/dev/null)\n"
         "  if [[ ${words[0]} == @file ]]; then\n"
         "    compopt -o filenames 2>/dev/null\n"
         "    mapfile -t COMPREPLY < <(compgen -f -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
         "    return\n"
         "  fi\n"
         "  for word in \"${words[@]}\"; do COMPREPLY+=(\"$(printf %q \"$word\")\"); done\n"
         "}\n"
         "complete -F _seshetctl seshetctl");
}

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "server/ctl/command.h"

const char *const ctl_options[CTL_OPTIONS + 1] = {"-c",     "--config", "--socket",
                                                  "--json", "--help",   "--version"};

enum {
    WIDTH = 79,    /* of what is printed: no terminal is narrower */
    MARGIN = 2,    /* before a name */
    COMMANDS = 25, /* the column where a command's help begins */
    PARAMS = 28    /* and what it takes is told */
};

/* The text from that column on, in lines that begin there. Words within "[ ]" stay together. */
static void put_wrapped(FILE *out, size_t column, const char *text)
{
    size_t at = column;
    while (*text) {
        size_t len = strcspn(text, " ");
        if (*text == '[')
            len = strcspn(text, "]");
        len += strcspn(text + len, " ");
        if (at > column && at + 1 + len > WIDTH) {
            fprintf(out, "\n%*s", (int)column, "");
            at = column;
        }
        bool first = at == column;
        fprintf(out, "%s%.*s", first ? "" : " ", (int)len, text);
        at += len + !first;
        text += len;
        text += strspn(text, " ");
    }
    putc('\n', out);
}

/* A name, and at that column what it means. */
static void put_meaning(FILE *out, size_t column, const char *name, const char *help)
{
    int wide = (int)column - MARGIN;
    fprintf(out, "%*s%-*s", MARGIN, "", wide, name);
    if (strlen(name) >= (size_t)wide)
        fprintf(out, "\n%*s", (int)column, "");
    put_wrapped(out, column, help);
}

void ctl_usage(void)
{
    puts("usage: seshetctl [-c FILE | --socket PATH] [--json] COMMAND\n"
         "\n"
         "Asks a running seshetd.\n"
         "\n"
         "commands:");
    for (int i = 0; i < COMMAND_COUNT; i++)
        put_meaning(stdout, COMMANDS, command_specs[i].name, command_specs[i].help);
    put_meaning(stdout, COMMANDS, "help [COMMAND]", "Show this, or how a command is used");
    put_meaning(stdout, COMMANDS, "completion bash", "Print a completion script for bash");
    puts("\n"
         "options:\n"
         "  -c, --config FILE   The server's configuration, which names its socket\n"
         "  --socket PATH       The socket itself\n"
         "  --json              Print the answer as the server gave it\n"
         "  --help              Show this, or how a command is used\n"
         "  --version           Show the version\n"
         "\n"
         "exit status: 0 done, 1 refused, 2 wrong usage or configuration, 3 no server");
}

/* Whether the words are the first of the command's name, and not all of it. */
static bool is_of_group(const struct command_spec *spec, char *const *words, size_t count)
{
    const char *name = spec->name;
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(words[i]);
        if (!len || strncmp(name, words[i], len) != 0 || name[len] != ' ')
            return false;
        name += len + 1;
    }
    return count > 0;
}

bool ctl_is_group(char *const *words, size_t count)
{
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (is_of_group(&command_specs[i], words, count))
            return true;
    return false;
}

void ctl_usage_of_group(FILE *out, char *const *words, size_t count)
{
    fputs("usage: seshetctl", out);
    for (size_t i = 0; i < count; i++)
        fprintf(out, " %s", words[i]);
    fputs(" COMMAND\n\ncommands:\n", out);
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (is_of_group(&command_specs[i], words, count))
            put_meaning(out, COMMANDS, command_specs[i].name, command_specs[i].help);
    fputs("\nWith --help each of them tells how it is used.\n", out);
}

void ctl_usage_of(const struct command_spec *spec)
{
    static const char start[] = "usage: seshetctl ";
    char *usage = command_usage(spec);
    fputs(start, stdout);
    put_wrapped(stdout, sizeof start - 1, usage);
    printf("\n%s.\n", spec->help);
    free(usage);
    for (size_t i = 0; spec->params[i]; i++) {
        const struct command_param *p = spec->params[i];
        bool option = p->kind == PARAM_OPTION || p->kind == PARAM_FLAG;
        if (p->kind == PARAM_INTERNAL)
            continue;
        char *name = xasprintf("%s%s%s%s", option ? "--" : "", option ? p->name : "",
                               option && p->shown ? " " : "", p->shown ? p->shown : "");
        fputs(i ? "" : "\n", stdout);
        put_meaning(stdout, PARAMS, name, p->help);
        free(name);
    }
}

void ctl_usage_of_completion(void)
{
    puts("usage: seshetctl completion bash\n"
         "\n"
         "Print a completion script for bash. To load it, now and from ~/.bashrc:\n"
         "\n"
         "  . <(seshetctl completion bash)");
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

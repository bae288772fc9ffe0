#include "net/proto/ctcp.h"

#include <string.h>

bool ctcp_parse(char *text, const char **command, const char **args)
{
    if (text[0] != '\001' || text[1] == '\0' || text[1] == '\001' || text[1] == ' ')
        return false;
    char *s = text + 1;
    size_t len = strlen(s);
    if (s[len - 1] == '\001')
        s[len - 1] = '\0';
    char *end = strchrnul(s, ' ');
    *args = *end ? end + 1 : end;
    *end = '\0';
    *command = s;
    for (; *s; s++)
        if (*s >= 'a' && *s <= 'z')
            *s = (char)(*s - 'a' + 'A');
    return true;
}

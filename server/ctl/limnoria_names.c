#include "server/ctl/limnoria_names.h"

#include <stdio.h>
#include <string.h>

#include "registry/capability.h"
#include "registry/fields.h"
#include "registry/maskset.h"

#define CHANNEL_FIRST "#&+!" /* RFC 2811 2.1 */

int limnoria_mask(char *dst, const char *mask, char *why)
{
    size_t len = 0;
    for (const char *s = mask; *s; s++) {
        if (len + 2 >= LIMNORIA_MASK_SIZE) {
            snprintf(why, REGISTRY_WHY_SIZE, "it is too long");
            return -1;
        }
        if (*s == '\\')
            dst[len++] = '\\';
        dst[len++] = *s;
    }
    dst[len] = '\0';
    /* A nick holds neither ':' nor '/': "account:x" and "NETWORK/x" mean something else here. */
    const char *bang = strchr(dst, '!');
    if (!bang || !strchr(bang, '@') || strcspn(dst, ":/") < (size_t)(bang - dst)) {
        snprintf(why, REGISTRY_WHY_SIZE, "it is no nick!user@host");
        return -1;
    }
    return mask_check(dst, why, REGISTRY_WHY_SIZE);
}

/* ---- Capabilities ---- */

static void set_remove(json_t *set, const char *text)
{
    for (size_t i = json_array_size(set); i-- > 0;)
        if (!strcmp(json_string_value(json_array_get(set, i)), text))
            json_array_remove(set, i);
}

static int refuse(char *why, const char *sentence)
{
    snprintf(why, REGISTRY_WHY_SIZE, "%s", sentence);
    return -1;
}

int limnoria_capability(json_t *set, const char *network, bool channel, const char *text, char *why)
{
    struct capability c;
    char whole[CAPABILITY_MAX + 80];
    char written[CAPABILITY_MAX + 1];
    bool of_channel = *text && strchr(CHANNEL_FIRST, *text);
    if (of_channel && channel)
        return refuse(why, "a channel's own capabilities name no channel");
    if (of_channel && !strchr(text, ','))
        return refuse(why, "after the channel comes a comma, as in #channel,op");
    if (!of_channel && strchr(text, '/'))
        return refuse(why, "its name holds a slash, which divides network and name here");
    if (strlen(text) > CAPABILITY_MAX)
        return refuse(why, "it is too long");
    /* Who had rights on one network gets none on others by it. */
    snprintf(whole, sizeof whole, "%s%s%s", channel ? "" : network, channel ? "" : "/", text);
    if (capability_parse(&c, whole, why, REGISTRY_WHY_SIZE))
        return -1;
    if (channel && !c.anti && capability_privileged(c.name))
        return refuse(why, "nobody has it by default here; grant it to users by name");
    c.anti = !c.anti;
    set_remove(set, capability_write(&c, written, sizeof written));
    c.anti = !c.anti;
    set_remove(set, capability_write(&c, written, sizeof written));
    json_array_append_new(set, json_string(written));
    return 0;
}

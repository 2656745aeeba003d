// One picture through a program.
#pragma once

#include "float_mode.h"
#include "input.h"
#include "steps.h"

namespace mnv2 {

// Every step up to `last`, on all threads of the workspace; then `after` on each.
template <class After>
void run_picture(const Network& network, Workspace& workspace, const Input& input, size_t last,
                 const After& after) {
    workspace.team.run([&](int thread) {
        const FloatMode mode;
        Context context(network, workspace, thread, input.in_place());
        input.fill(context);
        if (!input.in_place()) context.meet();
        for (size_t step = 0; step < last; ++step) {
            run_step(network.program.steps[step], network.packed[step], context);
            context.meet();
        }
        after(context);
    });
}

}  // namespace mnv2

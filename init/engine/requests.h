// What clients may ask, besides jobs: killing, cleaning, transient units, references and so on. [pure]
#pragma once

#include "init/engine/core.h"

namespace init {

void on_request_job(Core& core, const event::RequestJob& request);
void on_cancel_job(Core& core, const event::CancelJob& request);
void on_load_unit(Core& core, const event::LoadUnit& request);
void on_kill_unit(Core& core, const event::KillUnit& request);
void on_reset_failed(Core& core, const event::ResetFailed& request);
void on_replace_config(Core& core, const event::ReplaceConfig& request);
void on_enqueue_marked(Core& core, const event::EnqueueMarked& request);
void on_start_transient(Core& core, const event::StartTransient& request);
void on_attach_processes(Core& core, const event::AttachProcesses& request);
void on_ref_unit(Core& core, const event::RefUnit& request);
void on_unref_unit(Core& core, const event::UnrefUnit& request);
void on_client_gone(Core& core, const event::ClientGone& gone);
void on_clean_unit(Core& core, const event::CleanUnit& request);
void on_freeze_unit(Core& core, const event::FreezeUnit& request);
void on_abandon_scope(Core& core, const event::AbandonScope& request);

}  // namespace init

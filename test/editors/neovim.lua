-- Run by neovim.test.ts in Neovim, after the lines of docs/editors.md: what somebody does in a profile, and what is there then.
local function wait(what, holds)
  if not vim.wait(60000, holds, 50) then
    io.stderr:write('waited in vain for ' .. what .. '\n')
    vim.cmd('cquit 1')
  end
end

local function messages()
  return vim.tbl_map(function(each) return each.message end, vim.diagnostic.get(0))
end

wait('diagnostics', function() return #vim.diagnostic.get(0) > 0 end)
local before = messages()

-- Whoever is asked takes the first fix.
vim.ui.select = function(items, _, on_choice) on_choice(items[1], 1) end
local first = vim.diagnostic.get(0)[1]
vim.api.nvim_win_set_cursor(0, { first.lnum + 1, first.col })
local written = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, true), '\n')
vim.lsp.buf.code_action()
wait('a fix', function() return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, true), '\n') ~= written end)
wait('the finding to go', function() return not vim.tbl_contains(messages(), first.message) end)
vim.lsp.buf.formatting_sync(nil, 60000)
vim.cmd('write')
io.stdout:write(vim.json.encode({ filetype = vim.bo.filetype, before = before, after = messages() }))
vim.cmd('qall!')

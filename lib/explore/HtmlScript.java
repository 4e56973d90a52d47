package lib.explore;

/**
 * What report.html can do beyond reading: search, sort, theme, deep links into closed sections. The page is complete
 * without it.
 */
final class HtmlScript {
    private HtmlScript() {}

    /** Runs in the head, so that a page chosen dark does not flash light. localStorage may be forbidden for files. */
    static final String EARLY = """
        document.documentElement.classList.add('js');
        try{const t=localStorage.getItem('explore-theme');if(t)document.documentElement.dataset.theme=t}catch(e){}
        """;

    static final String MAIN =
        """
            (()=>{
            const $=(s,e=document)=>e.querySelector(s), $$=(s,e=document)=>[...e.querySelectorAll(s)];
            const root=document.documentElement;
            /* theme */
            $('.theme').onclick=()=>{
              const dark=root.dataset.theme?root.dataset.theme==='dark':matchMedia('(prefers-color-scheme: dark)').matches;
              root.dataset.theme=dark?'light':'dark';
              try{localStorage.setItem('explore-theme',root.dataset.theme)}catch(e){}
            };
            /* deep links: open what holds the target */
            const reveal=()=>{
              const id=decodeURIComponent(location.hash.slice(1)), target=id&&document.getElementById(id);
              if(!target)return;
              for(let e=target;e;e=e.parentElement)if(e.tagName==='DETAILS')e.open=true;
              target.scrollIntoView();
            };
            addEventListener('hashchange',reveal); reveal();
            document.addEventListener('click',e=>{const a=e.target.closest&&e.target.closest('a[href^="#"]');if(a&&a.getAttribute('href')===location.hash)setTimeout(reveal)});
            /* sortable tables */
            for(const table of $$('table.sort')){
              $$('thead th',table).forEach((th,column)=>{
                const b=document.createElement('button');b.type='button';b.textContent=th.textContent;th.replaceChildren(b);
                b.onclick=()=>{
                  const up=th.getAttribute('aria-sort')!==(th.classList.contains('n')?'descending':'ascending')?!th.classList.contains('n'):th.classList.contains('n');
                  const value=r=>{const c=r.cells[column];return c.dataset.v!==undefined?Number(c.dataset.v):c.textContent.trim().toLowerCase()};
                  const rows=[...table.tBodies[0].rows].map(r=>[value(r),r]);
                  rows.sort(([a],[b])=>typeof a==='number'&&typeof b==='number'?a-b:String(a).localeCompare(String(b),undefined,{numeric:true}));
                  if(!up)rows.reverse();
                  table.tBodies[0].append(...rows.map(r=>r[1]));
                  $$('th',table).forEach(o=>o.removeAttribute('aria-sort'));
                  th.setAttribute('aria-sort',up?'ascending':'descending');
                };
              });
            }
            /* search: names at once; the texts of columns are looked through in small slices, so that typing never waits for them */
            const input=$('#find'), hits=$('#hits'), most=40;
            let index=null, chosen=-1, asked=0;
            const full=item=>item.all??=item.e.textContent.toLowerCase();
            const build=()=>index??=$$('[data-k]').map(e=>{const name=e.getAttribute('data-n');return{e,id:e.id,kind:e.getAttribute('data-k'),name,low:name.toLowerCase(),all:null}});
            const named=words=>{
              const exact=[],start=[],inside=[],first=words[0];
              for(const item of build()){
                if(!words.every(w=>item.low.includes(w)))continue;
                const at=item.low.indexOf(first);
                (item.low===first||item.low.endsWith('.'+first)?exact:at===0||item.low[at-1]==='.'?start:inside).push(item);
                if(exact.length&&exact.length+start.length>=most*4)break;
              }
              return [...exact,...start,...inside].slice(0,most);
            };
            const line=text=>{const li=document.createElement('li');li.className='none';li.setAttribute('role','option');li.textContent=text;return li};
            const add=item=>{
              const li=document.createElement('li'),a=document.createElement('a'),small=document.createElement('small');
              li.setAttribute('role','none');a.setAttribute('role','option');a.id='hit'+$$('a[id]',hits).length;a.href='#'+item.id;a.tabIndex=-1;a.append(item.name,small);small.textContent=item.kind;li.append(a);
              hits.insertBefore(li,$('.none',hits));
            };
            const show=()=>{
              const words=input.value.toLowerCase().split(/\\s+/).filter(Boolean), mine=++asked;
              hits.replaceChildren(); chosen=-1;
              if(!words.length){hits.hidden=true;input.setAttribute('aria-expanded','false');input.removeAttribute('aria-activedescendant');return}
              const found=named(words);
              found.forEach(add);
              hits.hidden=false;input.setAttribute('aria-expanded','true');
              if(found.length>=10)return;
              const known=new Set(found);let next=0,count=found.length;
              hits.append(line('Looking into columns …'));
              const slice=()=>{
                if(mine!==asked)return;
                const end=performance.now()+12;
                for(;next<index.length&&count<most&&performance.now()<end;next++){
                  const item=index[next];
                  if(!known.has(item)&&words.every(w=>full(item).includes(w))){add(item);count++}
                }
                if(next<index.length&&count<most)setTimeout(slice);
                else{const last=$('.none',hits);count?last.remove():last.textContent='Nothing found'}
              };
              setTimeout(slice);
            };
            const choose=n=>{
              const all=$$('a[id]',hits);if(!all.length)return;
              chosen=(n+all.length)%all.length;
              all.forEach((a,i)=>a.setAttribute('aria-selected',i===chosen));
              all[chosen].scrollIntoView({block:'nearest'});input.setAttribute('aria-activedescendant',all[chosen].id);
            };
            const close=()=>{hits.hidden=true;input.setAttribute('aria-expanded','false')};
            (window.requestIdleCallback||setTimeout)(build); input.addEventListener('input',show);
            input.addEventListener('keydown',e=>{
              if(e.key==='ArrowDown'||e.key==='ArrowUp'){e.preventDefault();choose(chosen+(e.key==='ArrowDown'?1:-1))}
              else if(e.key==='Enter'){const a=$$('a[id]',hits)[Math.max(0,chosen)];if(a){location.hash=a.getAttribute('href');close();input.blur();reveal()}}
              else if(e.key==='Escape'){close();input.blur()}
            });
            hits.addEventListener('click',()=>setTimeout(close));
            document.addEventListener('click',e=>{if(!e.target.closest('.find'))close()});
            document.addEventListener('keydown',e=>{
              if((e.key==='/'&&!/INPUT|TEXTAREA/.test(document.activeElement.tagName))||(e.key==='k'&&(e.ctrlKey||e.metaKey))){e.preventDefault();input.focus();input.select()}
            });
            /* open or close all of a section */
            for(const b of $$('[data-all]'))b.onclick=()=>{const list=$$('details.t',b.closest('section')),open=!list.every(d=>d.open);list.forEach(d=>d.open=open);b.textContent=open?'Close all':'Open all'};
            /* where am I */
            const links=new Map($$('nav.toc a').map(a=>[a.hash.slice(1),a]));
            if('IntersectionObserver'in window){
              const seen=new Set();
              const watch=new IntersectionObserver(es=>{
                es.forEach(e=>e.isIntersecting?seen.add(e.target.id):seen.delete(e.target.id));
                const here=[...links.keys()].find(id=>seen.has(id));
                links.forEach((a,id)=>{a.classList.toggle('here',id===here);id===here?a.setAttribute('aria-current','true'):a.removeAttribute('aria-current')});
              },{rootMargin:'-15% 0px -70% 0px'});
              links.forEach((a,id)=>{const s=document.getElementById(id);if(s)watch.observe(s)});
            }
            /* on paper everything is open, unless that would be a book */
            let shut=[];
            addEventListener('beforeprint',()=>{shut=$$('details:not([open])');if(shut.length>300)shut=[];shut.forEach(d=>d.open=true)});
            addEventListener('afterprint',()=>shut.forEach(d=>d.open=false));
            })();
            """;
}
